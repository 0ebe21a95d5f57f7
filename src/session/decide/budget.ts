// Limits of money, tokens, steps and working time: reserved for before a request, and a hard stop when one is reached.
import { NO_USAGE, type BudgetLine, type Command } from '../../protocol/index.ts';
import { budgetLines, lineOf, needsPrice, reachedError, reserve, unpriced } from '../limits.ts';
import { statusOf } from '../status.ts';
import { RUNTIME } from '../state.ts';
import { cancel, failTurn, haltAtBudget } from './advance.ts';
import type { EffectCommand } from './command.ts';
import { refuse, type Decider, type Draft } from './draft.ts';

type Estimated = Extract<EffectCommand, { type: 'step/estimated' }>;
type Raise = Extract<Command, { type: 'budget/raise' }>;

/** Said again, as after an append that nobody knows the end of, it changes nothing. */
export const decideEstimated: Decider<Estimated> = (draft, { step, attempt, ...estimate }) => {
  const { turn, profile } = draft.state;
  const open = turn?.step;
  if (open?.id !== step || open.phase !== 'asking' || open.attempt !== attempt || turn?.cancelled !== false)
    return refuse('conflict', `Step ${step}, attempt ${String(attempt)}, is not to be asked any more.`);
  if (open.reserved !== undefined) return undefined;
  if (estimate.price === undefined && needsPrice(profile)) {
    unasked(draft, step);
    failTurn(draft, unpriced(turn.frame.model));
    return undefined;
  }
  const reservation = reserve(draft.state, estimate);
  if ('reserved' in reservation) {
    draft.add('step.reserved', { attempt, ...reservation.reserved }, { step });
    return undefined;
  }
  unasked(draft, step);
  haltAtBudget(draft, reservation.reached);
  return undefined;
};

function unasked(draft: Draft, step: string): void {
  draft.add('step.finished', { reason: 'unasked', usage: NO_USAGE }, { step });
}

/** The answer was cut because a limit paid for no more: the turn stops there, unless that limit was raised meanwhile. */
export function haltWhereCut(draft: Draft): boolean {
  const limitedBy = draft.state.turn?.step?.limitedBy;
  const line = limitedBy && lineOf(draft.state, limitedBy);
  if (line === undefined) return false;
  haltAtBudget(draft, line);
  return true;
}

/** Working time is over: what runs is stopped as in a cancel. `false` when there is time left after all. */
export function endOfWork(draft: Draft): boolean {
  if (draft.state.turn?.cancelled !== false || statusOf(draft.state) !== 'running') return false;
  const more = Math.max(0, draft.facts.at - draft.state.updatedAt);
  const line = budgetLines(draft.state).find(
    ({ measure, spent, limit }) => measure === 'wallMs' && spent + more >= limit,
  );
  if (line === undefined) return false;
  const reached: BudgetLine = { ...line, spent: line.spent + more };
  draft.add('budget.reached', reached);
  cancel(draft, RUNTIME, reachedError(reached).message);
  return true;
}

export const decideRaise: Decider<Raise> = (draft, { scope, measure, to, by }) => {
  const line = lineOf(draft.state, { scope, measure });
  if (line === undefined) {
    const known = budgetLines(draft.state).map((other) => `${other.scope}.${other.measure}`);
    const there = known.length === 0 ? 'it has none' : `there are ${known.join(', ')}`;
    return refuse(
      'invalid_params',
      `Session ${draft.state.name} has no budget ${scope}.${measure}: ${there}.`,
    );
  }
  if (scope === 'subtree' && draft.state.share?.[measure] !== undefined) {
    return refuse(
      'conflict',
      `The budget ${scope}.${measure} of ${draft.state.name} is its share of its parent's until it has answered: raise that of ${draft.state.root ?? 'its parent'}.`,
    );
  }
  if (to <= line.limit) {
    return refuse(
      'invalid_params',
      `The budget ${scope}.${measure} is ${String(line.limit)}: raise it to more than that, not to ${String(to)}.`,
    );
  }
  if (measure !== 'usd' && !Number.isSafeInteger(to))
    return refuse(
      'invalid_params',
      `The budget ${scope}.${measure} is counted in whole numbers, not ${String(to)}.`,
    );
  draft.add('budget.raised', { scope, measure, from: line.limit, to, by });
  return undefined;
};
