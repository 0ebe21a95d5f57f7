// Messages of sessions that worked lately, so that the next turn need not read the journal again. A cache: bounded for the whole
// host and in time, and dropped without loss.
import type { Clock } from '../base/index.ts';
import type { SessionEvent } from '../protocol/index.ts';
import type { Conversation } from '../session/index.ts';

/** UTF-16 units of text kept for all sessions together: about 16 MB. */
const CAPACITY = 8 * 1024 * 1024;
/** Of one session: a few long ones would leave nothing to the others. */
const LARGEST = CAPACITY / 4;

interface Kept {
  readonly conversation: Conversation;
  readonly size: number;
  /** Monotonic. */
  readonly at: number;
}

export class Conversations {
  readonly #clock: Clock;
  /** Kept longest first. */
  readonly #kept = new Map<string, Kept>();
  #size = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes it out: while a turn is open its actor has it. It ends where that session's last turn did, or what was added since. */
  take(session: string): Conversation | undefined {
    const kept = this.#kept.get(session);
    if (kept === undefined) return undefined;
    this.#kept.delete(session);
    this.#size -= kept.size;
    return kept.conversation;
  }

  /** Keeps it, and drops those that were kept longest when there are too many. */
  keep(session: string, conversation: Conversation): void {
    const { size } = conversation;
    this.take(session);
    if (size > LARGEST) return;
    this.#kept.set(session, { conversation, size, at: this.#clock.monotonic() });
    this.#size += size;
    this.#dropWhile(() => this.#size > CAPACITY);
  }

  /** Adds what comes right behind what is kept, if anything is: that need not be read either. */
  extend(session: string, events: readonly SessionEvent[]): void {
    const conversation = this.#kept.get(session)?.conversation;
    if (conversation?.seq !== (events[0]?.seq ?? 0) - 1) return;
    this.keep(session, conversation.addAll(events));
  }

  /** UTF-16 units of text kept for this session. */
  sizeOf(session: string): number {
    return this.#kept.get(session)?.size ?? 0;
  }

  /** Drops what was kept before then. */
  dropBefore(at: number): void {
    this.#dropWhile((kept) => kept.at < at);
  }

  clear(): void {
    this.#dropWhile(() => true);
  }

  #dropWhile(should: (kept: Kept) => boolean): void {
    for (const [session, kept] of this.#kept) {
      if (!should(kept)) return;
      this.take(session);
    }
  }
}
