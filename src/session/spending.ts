// What a session has used. Every change of it follows from an event, so that it is the same after any crash. What was reserved
// for a request of which nobody ever said what it used stays reserved: a limit holds even then.
import type { EventData, Spending } from '../protocol/index.ts';
import { statusOf } from './status.ts';
import type { Reserved, SessionState, Spent, StepState } from './state.ts';

const NO_RESERVE: Reserved = { cost: 0, tokens: 0 };

export function addReserved(a: Reserved, b: Reserved): Reserved {
  return { cost: a.cost + b.cost, tokens: a.tokens + b.tokens };
}

export function spendingOf({ cost, unknown }: Spent): Spending {
  return { cost, unknown };
}

/** The session and its turn have used more. */
export function use(state: SessionState, more: Partial<Spent>): SessionState {
  const { turn } = state;
  return {
    ...state,
    spent: sum(state.spent, more),
    ...(turn === undefined ? {} : { turn: { ...turn, spent: sum(turn.spent, more) } }),
  };
}

function sum(a: Spent, b: Partial<Spent>): Spent {
  return {
    cost: a.cost + (b.cost ?? 0),
    unknown: a.unknown + (b.unknown ?? 0),
    tokens: a.tokens + (b.tokens ?? 0),
    steps: a.steps + (b.steps ?? 0),
    wallMs: a.wallMs + (b.wallMs ?? 0),
    lost: b.lost === undefined ? a.lost : addReserved(a.lost, b.lost),
  };
}

/** The time until `at` counts when the turn was at work: not while it waited for a human, and not while no host ran it. */
export function useTime(state: SessionState, at: number): SessionState {
  const ms = at - state.updatedAt;
  return ms > 0 && statusOf(state) === 'running' ? use(state, { wallMs: ms }) : state;
}

/** The open request will never say what it used. */
export function useLost(state: SessionState): SessionState {
  const step = state.turn?.step;
  if (step?.phase !== 'asking') return state;
  const used = use(state, { unknown: 1, lost: step.reserved ?? NO_RESERVE });
  return { ...used, turn: used.turn && { ...used.turn, step: withoutReserve(step) } };
}

/** Of a whole step, as its request reported it. */
export function useReported(
  state: SessionState,
  { usage, cost, unreported, reason }: EventData<'step.finished'>,
): SessionState {
  if (reason === 'unasked') return use(state, { steps: -1 });
  if (unreported === true) return useLost(state);
  const tokens = usage.input + usage.output;
  return use(state, { tokens, cost: cost ?? 0, unknown: cost === undefined && tokens > 0 ? 1 : 0 });
}

export function withoutReserve({ reserved: _reserved, ...step }: StepState): StepState {
  return step;
}
