// The messages of a turn. Kept only while they are of use: an idle session holds none itself, the host keeps those of the latest.
import type { SessionEvent } from '../protocol/index.ts';
import { Conversation, type SessionState } from '../session/index.ts';
import { readAll } from './load.ts';
import type { Scope } from './scope.ts';

export class TurnContext {
  readonly #scope: Scope;
  #conversation: Promise<Conversation> | undefined;
  /** The same, once it is there. */
  #held: Conversation | undefined;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** UTF-16 units of text held, about. */
  get size(): number {
    return this.#held?.size ?? 0;
  }

  conversation(state: SessionState): Promise<Conversation> {
    this.#conversation ??= this.#hold(this.#find(state));
    return this.#conversation;
  }

  /** Folds what was committed. */
  committed(events: readonly SessionEvent[], { session, turn }: SessionState): void {
    const { conversations } = this.#scope;
    if (this.#conversation === undefined) {
      conversations.extend(session, events);
      return;
    }
    const folded = this.#conversation.then((conversation) => fold(conversation, events));
    this.#conversation = turn === undefined ? undefined : folded;
    folded.then(
      (conversation) => {
        if (turn !== undefined) return;
        if (this.#conversation === undefined) this.#held = undefined;
        conversations.keep(session, conversation);
      },
      // Whoever asked for it has heard why; the next to ask reads again.
      () => (this.#conversation = undefined),
    );
  }

  async #hold(found: Promise<Conversation>): Promise<Conversation> {
    try {
      this.#held = await found;
      return this.#held;
    } catch (error) {
      // Whoever asks next reads again.
      this.#conversation = undefined;
      throw error;
    }
  }

  #find(state: SessionState): Promise<Conversation> {
    const known = this.#scope.conversations.take(state.session) ?? new Conversation();
    return readAll(this.#scope, state, known);
  }
}

function fold(conversation: Conversation, events: readonly SessionEvent[]): Conversation {
  for (const event of events) if (event.seq > conversation.seq) conversation.add(event);
  return conversation;
}
