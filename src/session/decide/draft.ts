import {
  EVENT_VERSION,
  type ErrorCode,
  type EventData,
  type EventType,
  type SessionEvent,
} from '../../protocol/index.ts';
import type { JsonObject } from '../../base/index.ts';
import { evolve } from '../evolve.ts';
import type { SessionState } from '../state.ts';
import type { Facts, Refusal } from './command.ts';

/** Events being decided, and the state as if they were committed. Ids are made from `seq`: no randomness, and a fork keeps them. */
export class Draft {
  readonly events: SessionEvent[] = [];
  readonly facts: Facts;
  state: SessionState;
  readonly #cause: string | undefined;

  constructor(state: SessionState, facts: Facts, cause: string | undefined) {
    this.state = state;
    this.facts = facts;
    this.#cause = cause;
  }

  get nextSeq(): number {
    return this.state.seq + 1;
  }

  add<T extends EventType>(
    type: T,
    data: EventData<T>,
    about: { turn?: string; step?: string; call?: string } = {},
  ): void {
    const turn = about.turn ?? this.state.turn?.id;
    const event = {
      session: this.state.session,
      seq: this.nextSeq,
      at: this.facts.at,
      v: EVENT_VERSION,
      type,
      ...(turn === undefined ? {} : { turn }),
      ...(about.step === undefined ? {} : { step: about.step }),
      ...(about.call === undefined ? {} : { call: about.call }),
      ...(this.#cause === undefined ? {} : { cause: this.#cause }),
      data,
    } as unknown as SessionEvent;
    this.events.push(event);
    this.state = evolve(this.state, event);
  }
}

export function refuse(code: ErrorCode, message: string, data?: JsonObject): Refusal {
  return { refusal: { code, message, ...(data === undefined ? {} : { data }) } };
}

/** Handles one kind of command: adds events to the draft, or refuses. */
export type Decider<C> = (draft: Draft, command: C) => Refusal | undefined;
