// A child works with a share of what its parent's subtree may still use. The share is reserved in the parent's journal before the
// child exists; what was not used goes back when the turn that it was spawned for ends, and the child keeps no more than it used.
import { MILLION, type BudgetLimits, type BudgetLine } from '../protocol/index.ts';
import { budgetLines } from './limits.ts';
import type { SessionState } from './state.ts';

export type Share = { readonly limits: BudgetLimits | undefined } | { readonly nothing: BudgetLine };

/**
 * One of `parts` equal parts of what is left, or the limit that leaves nothing. Time is not divided: children work beside each other,
 * while their parent does.
 */
export function shareOf(state: SessionState, parts: number): Share {
  const lines = budgetLines(state).filter(({ scope }) => scope === 'subtree');
  const limits: Record<string, number> = {};
  for (const line of lines) {
    const left = Math.max(0, line.limit - line.spent - line.reserved);
    const part = line.measure === 'wallMs' ? left : partOf(line, left / parts);
    // No money is no reason: a model may cost nothing.
    if (part === 0 && line.measure !== 'usd') return { nothing: line };
    limits[line.measure] = part;
  }
  return { limits: lines.length === 0 ? undefined : limits };
}

function partOf({ measure }: BudgetLine, part: number): number {
  return measure === 'usd' ? Math.floor(part * MILLION) / MILLION : Math.floor(part);
}

/** What the parent gave and was not used is the parent's again: the child keeps what it used as its limit. */
export function endOfShare(state: SessionState): SessionState {
  const { share, ...rest } = state;
  if (share === undefined) return state;
  const { budget } = state.profile;
  const kept = budgetLines(state)
    .filter(
      ({ scope, measure }) => scope === 'subtree' && measure !== 'wallMs' && share[measure] !== undefined,
    )
    .map(({ measure, spent, reserved }) => [measure, spent + reserved] as const);
  const subtree = { ...budget?.subtree, ...Object.fromEntries(kept) };
  return { ...rest, profile: { ...state.profile, budget: { ...budget, subtree } } };
}
