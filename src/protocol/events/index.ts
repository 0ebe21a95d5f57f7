// Every fact a journal can hold, declared once: types, validation, JSON Schema and the reference come from this table.
import { z } from 'zod';
import { CallId, CommandId, SessionId, StepId, TurnId } from '../ids.ts';
import { At } from '../values.ts';
import { budgetEvents } from './budget.ts';
import { contextEvents } from './context.ts';
import { approvalEvents, inputEvents, sessionEvents } from './session.ts';
import { childEvents, messageEvents, stepEvents, toolEvents, turnEvents } from './turn.ts';

export { CompactionFailure } from './context.ts';
export { Frame, Outcome, FinishReason, CallStatus } from './turn.ts';

export const EVENTS = {
  ...sessionEvents,
  ...inputEvents,
  ...turnEvents,
  ...stepEvents,
  ...messageEvents,
  ...toolEvents,
  ...childEvents,
  ...approvalEvents,
  ...contextEvents,
  ...budgetEvents,
} as const;

export type EventType = keyof typeof EVENTS;
export type EventData<T extends EventType> = z.infer<(typeof EVENTS)[T]>;

/** Version of every event's `data` as written by this program. Upgrade functions lift older ones. */
export const EVENT_VERSION = 1;

const envelope = {
  session: SessionId,
  /** Dense from 1 in its session. */
  seq: z.int().positive(),
  at: At,
  v: z.int().positive(),
  turn: TurnId.optional(),
  step: StepId.optional(),
  call: CallId.optional(),
  /** The command that led to it. */
  cause: CommandId.optional(),
};

/** An immutable fact in a session's journal. */
export type EventOf<T extends EventType> = {
  readonly [K in T]: {
    readonly session: string;
    readonly seq: number;
    readonly at: number;
    readonly v: number;
    readonly type: K;
    readonly turn?: string;
    readonly step?: string;
    readonly call?: string;
    readonly cause?: string;
    readonly data: EventData<K>;
  };
}[T];

export type SessionEvent = EventOf<EventType>;
/** An event as it is kept: of a type that this version knows, or of a later one. */
export const SessionEvent = z.custom<SessionEvent>((value) => typeof value === 'object' && value !== null);

/** The schema of one event as it crosses a wire or a file; unknown fields are dropped. */
export function eventSchema<T extends EventType>(type: T) {
  return z.object({ ...envelope, type: z.literal(type), data: EVENTS[type] });
}

export function isKnownEvent(event: { readonly type: string }): event is SessionEvent {
  return Object.hasOwn(EVENTS, event.type);
}
