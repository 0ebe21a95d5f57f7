// What a session has used. Every change of it follows from an event, so that it is the same after any crash. What was reserved
// for a request of which nobody ever said what it used stays reserved: a limit holds even then.
import {
  addReserved,
  addSpent,
  addUsage,
  microUsd,
  NOTHING_RESERVED,
  type BudgetLimits,
  type EventData,
  type FinishReason,
  type Reserved,
  type Spending,
  type Spent,
} from '../protocol/index.ts';
import { statusOf } from './status.ts';
import type { SessionState, StepState } from './state.ts';

export function spendingOf({ cost, unknown }: Spent): Spending {
  return { cost, unknown };
}

/** The session and its turn have used more. */
export function use(state: SessionState, more: Partial<Spent>): SessionState {
  const { turn } = state;
  return {
    ...state,
    spent: addSpent(state.spent, more),
    ...(turn === undefined ? {} : { turn: { ...turn, spent: addSpent(turn.spent, more) } }),
  };
}

/** The time until `at` counts when the turn was at work: not while it waited for a human, and not while no host ran it. */
export function useTime(state: SessionState, at: number): SessionState {
  const ms = at - state.updatedAt;
  return ms > 0 && statusOf(state) === 'running' ? use(state, { wallMs: ms }) : state;
}

/** The open request will never say what it used. */
export function useLost(state: SessionState, unknown = 1): SessionState {
  const step = state.turn?.step;
  if (step?.phase !== 'asking') return state;
  const used = use(state, { unknown, lost: step.reserved ?? NOTHING_RESERVED });
  return { ...used, turn: used.turn && { ...used.turn, step: withoutReserve(step) } };
}

/** Some servers answer and never say what it took. */
const ENDS_OF_ANSWERS: readonly FinishReason[] = ['stop', 'calls', 'length', 'filter', 'empty'];

/** Of a whole step, as its request reported it. */
export function useReported(
  state: SessionState,
  { usage, cost, unreported, reason }: EventData<'step.finished'>,
): SessionState {
  if (reason === 'unasked') return use(state, { steps: -1 });
  if (unreported === true) return useLost(state);
  const tokens = usage.input + usage.output;
  const unknown = cost === undefined ? 1 : 0;
  if (tokens > 0) return use(state, { tokens, cost: cost ?? 0, unknown });
  return ENDS_OF_ANSWERS.includes(reason) ? useLost(state, unknown) : state;
}

/** A summary was made, or will not be. What its request used counts as that of a step does. */
export function endOfCompaction(
  state: SessionState,
  { usage, cost, unreported }: Pick<EventData<'compaction.failed'>, 'usage' | 'cost' | 'unreported'>,
): SessionState {
  const { compaction, ...rest } = state;
  const lost = { unknown: 1, lost: compaction?.reserved ?? NOTHING_RESERVED };
  if (unreported === true) return use(rest, lost);
  if (usage === undefined) return use(rest, { steps: -1 });
  const tokens = usage.input + usage.output;
  const counted = { ...rest, usage: addUsage(rest.usage, usage) };
  if (tokens === 0) return use(counted, { ...lost, unknown: cost === undefined ? 1 : 0 });
  return use(counted, { tokens, cost: cost ?? 0, unknown: cost === undefined ? 1 : 0 });
}

export function withoutReserve({ reserved: _reserved, ...step }: StepState): StepState {
  return step;
}

function reservedFor({ usd = 0, tokens = 0, steps = 0 }: BudgetLimits): Reserved {
  return { cost: microUsd(usd), tokens, steps };
}

/** Reserved for the children that are at work. */
export function reservedBelow({ turn }: SessionState): Reserved {
  const shares = (turn?.step?.calls ?? []).flatMap(({ share }) => (share === undefined ? [] : [share]));
  return shares.map(reservedFor).reduce(addReserved, NOTHING_RESERVED);
}

/** A child has ended. Where nobody knows what it used, its share stays reserved. */
export function useOfChild(
  state: SessionState,
  spent: Spent | undefined,
  share: BudgetLimits | undefined,
): SessionState {
  const used = spent ?? { unknown: 1, lost: reservedFor(share ?? {}) };
  return { ...state, below: addSpent(state.below, { ...used, wallMs: 0 }) };
}
