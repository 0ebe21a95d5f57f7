// Messages of sessions that worked lately, so that the next turn need not read the journal again. A cache: bounded for the whole
// host, and dropped without loss.
import type { Conversation } from '../session/index.ts';

/** UTF-16 units of text kept for all sessions together: about 16 MB. */
const CAPACITY = 8 * 1024 * 1024;

export class Conversations {
  readonly #kept = new Map<string, { readonly conversation: Conversation; readonly size: number }>();
  #size = 0;

  /** Takes it out: while a turn is open its actor has it. It ends where that session's last turn did. */
  take(session: string): Conversation | undefined {
    const kept = this.#kept.get(session);
    if (kept !== undefined) this.#drop(session, kept.size);
    return kept?.conversation;
  }

  /** Keeps it, and drops those that were kept longest when there are too many. */
  keep(session: string, conversation: Conversation): void {
    const { size } = conversation;
    this.take(session);
    if (size > CAPACITY / 4) return;
    this.#kept.set(session, { conversation, size });
    this.#size += size;
    for (const [oldest, kept] of this.#kept) {
      if (this.#size <= CAPACITY) return;
      this.#drop(oldest, kept.size);
    }
  }

  #drop(session: string, size: number): void {
    this.#kept.delete(session);
    this.#size -= size;
  }
}
