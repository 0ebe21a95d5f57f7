// What a turn needs beside the control state: the texts in force, and the messages. Kept only while it is of use.
import type { Frame, SessionEvent } from '../protocol/index.ts';
import type { Conversation, SessionState } from '../session/index.ts';
import { day, frameOf } from './frame.ts';
import { readAll } from './load.ts';
import type { Scope } from './scope.ts';

export class TurnContext {
  readonly #scope: Scope;
  #conversation: Promise<Conversation> | undefined;
  #frame: { readonly frame: Frame; readonly profile: SessionState['profile'] } | undefined;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** For a turn that starts now. Its blobs are synced; rejects with `store_unavailable` when they cannot be. */
  async frame({ profile }: SessionState): Promise<Frame> {
    if (this.#frame?.profile !== profile)
      this.#frame = { profile, frame: await frameOf(this.#scope, profile) };
    const date = day(this.#scope.clock.now());
    if (this.#frame.frame.date !== date) this.#frame = { profile, frame: { ...this.#frame.frame, date } };
    return this.#frame.frame;
  }

  conversation({ session, seq }: SessionState): Promise<Conversation> {
    this.#conversation ??= this.#find(session, seq);
    return this.#conversation;
  }

  /** Folds what was committed. An idle session holds no messages itself: the host keeps those of the latest. */
  committed(events: readonly SessionEvent[], { session, turn }: SessionState): void {
    const folded = this.#conversation?.then((conversation) => fold(conversation, events));
    this.#conversation = turn === undefined ? undefined : folded;
    folded?.then(
      (conversation) => {
        if (turn === undefined) this.#scope.conversations.keep(session, conversation);
      },
      // Whoever asked for it has heard why; the next to ask reads again.
      () => (this.#conversation = undefined),
    );
  }

  async #find(session: string, seq: number): Promise<Conversation> {
    return readAll(this.#scope, { session, seq }, this.#scope.conversations.take(session));
  }
}

function fold(conversation: Conversation, events: readonly SessionEvent[]): Conversation {
  for (const event of events) if (event.seq > conversation.seq) conversation.add(event);
  return conversation;
}
