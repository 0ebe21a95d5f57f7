// What a turn needs beside the control state: the texts in force, and the messages. Kept only while it is of use.
import type { Frame, SessionEvent } from '../protocol/index.ts';
import { Conversation, type SessionState } from '../session/index.ts';
import { day, dayNumber, frameOf } from './frame.ts';
import { readAll } from './load.ts';
import type { Scope } from './scope.ts';

/** Events since the last turn that are kept, to spare reading them again; more of them are read from the store. */
const RECENT = 32;

interface InForce {
  readonly frame: Frame;
  readonly profile: SessionState['profile'];
  readonly day: number;
  /** Of the blobs when it was made. */
  readonly generation: number;
}

export class TurnContext {
  readonly #scope: Scope;
  #conversation: Promise<Conversation> | undefined;
  #recent: SessionEvent[] = [];
  #inForce: InForce | undefined;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** For a turn that starts now. Its blobs are synced; rejects with `store_unavailable` when they cannot be. */
  async frame({ profile }: SessionState): Promise<Frame> {
    const { blobs, clock } = this.#scope;
    const today = dayNumber(clock.now());
    while (this.#inForce?.profile !== profile || this.#inForce.generation !== blobs.generation) {
      const { generation } = blobs;
      this.#inForce = { frame: await frameOf(this.#scope, profile), profile, day: today, generation };
    }
    if (this.#inForce.day !== today) {
      const frame = { ...this.#inForce.frame, date: day(clock.now()) };
      this.#inForce = { ...this.#inForce, frame, day: today };
    }
    return this.#inForce.frame;
  }

  conversation(state: SessionState): Promise<Conversation> {
    this.#conversation ??= this.#find(state);
    return this.#conversation;
  }

  /** Folds what was committed. An idle session holds no messages itself: the host keeps those of the latest. */
  committed(events: readonly SessionEvent[], { session, turn }: SessionState): void {
    if (this.#conversation === undefined) {
      this.#remember(events);
      return;
    }
    const folded = this.#conversation.then((conversation) => fold(conversation, events));
    this.#conversation = turn === undefined ? undefined : folded;
    folded.then(
      (conversation) => {
        if (turn === undefined) this.#scope.conversations.keep(session, conversation);
      },
      // Whoever asked for it has heard why; the next to ask reads again.
      () => (this.#conversation = undefined),
    );
  }

  #remember(events: readonly SessionEvent[]): void {
    this.#recent.push(...events);
    if (this.#recent.length > RECENT) this.#recent = [];
  }

  async #find(state: SessionState): Promise<Conversation> {
    const known = this.#scope.conversations.take(state.session) ?? new Conversation();
    const recent = this.#recent;
    this.#recent = [];
    if (recent[0]?.seq === known.seq + 1) fold(known, recent);
    return readAll(this.#scope, state, known);
  }
}

function fold(conversation: Conversation, events: readonly SessionEvent[]): Conversation {
  for (const event of events) if (event.seq > conversation.seq) conversation.add(event);
  return conversation;
}
