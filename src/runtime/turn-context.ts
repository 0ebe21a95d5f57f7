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
    this.#conversation ??= readAll(this.#scope, session, seq);
    return this.#conversation;
  }

  /** Folds what was committed; an idle session keeps no messages. */
  committed(events: readonly SessionEvent[], { turn }: SessionState): void {
    if (turn === undefined) this.#conversation = undefined;
    else this.#conversation = this.#conversation?.then((conversation) => fold(conversation, events));
  }
}

function fold(conversation: Conversation, events: readonly SessionEvent[]): Conversation {
  for (const event of events) if (event.seq > conversation.seq) conversation.add(event);
  return conversation;
}
