// A child works with a share of what its parent's subtree may still use. The share is reserved in the parent's journal before the
// child exists; what was not used goes back when the turn that it was spawned for ends, and the child keeps no more than it used.
import { MILLION, type BudgetLimits, type BudgetLine, type Measure } from '../protocol/index.ts';
import { budgetLines } from './limits.ts';
import type { CallState, SessionState } from './state.ts';

export type Share =
  | { readonly limits: BudgetLimits | undefined }
  /** The limit that leaves nothing, or less than the call asks for. */
  | { readonly missing: BudgetLine; readonly wants?: number };

/**
 * What this call's child gets: what the call asks for, else an equal part of what is left beside that which others ask for, as many
 * parts as children that have not begun and one for their parent. Time is not divided: children work beside each other, while
 * their parent does.
 */
export function shareOf(state: SessionState, call: CallState): Share {
  const lines = budgetLines(state).filter(({ scope }) => scope === 'subtree');
  const others = waitingChildren(state).filter(({ id }) => id !== call.id);
  const limits: { [M in Measure]?: number } = {};
  for (const line of lines) {
    const { measure } = line;
    const left = Math.max(0, line.limit - line.spent - line.reserved);
    const wants = call.wants?.[measure];
    if (wants !== undefined && wants > left) return { missing: line, wants };
    const part = wants ?? partOf(measure, left, others);
    // No money is no reason: a model may cost nothing.
    if (part === 0 && measure !== 'usd') return { missing: line };
    limits[measure] = part;
  }
  const all = { ...call.wants, ...limits };
  return { limits: Object.keys(all).length === 0 ? undefined : all };
}

export function noShare({ missing, wants }: Extract<Share, { missing: BudgetLine }>): string {
  const { scope, measure, limit, spent, reserved } = missing;
  const asked =
    wants === undefined ? 'Nothing is left for a child' : `It asks for ${String(wants)} ${measure}`;
  const kept = `${String(spent)} spent and ${String(reserved)} reserved`;
  return `${asked}: the budget of this ${scope} is ${String(limit)} ${measure}, ${kept}. Ask for less, or do it without a child.`;
}

function waitingChildren({ turn }: SessionState): readonly CallState[] {
  return (turn?.step?.calls ?? []).filter(
    ({ spawns, child, status }) => spawns === true && child === undefined && status !== 'ended',
  );
}

function partOf(measure: Measure, left: number, others: readonly CallState[]): number {
  if (measure === 'wallMs') return left;
  const asked = others.flatMap(({ wants }) => wants?.[measure] ?? []);
  const free = left - asked.reduce((sum, want) => sum + want, 0);
  const part = Math.max(0, free) / (others.length - asked.length + 2);
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
