// A child's budget: what its profile says, nothing of it above the parent's, and of the subtree no more than its share.
import { BudgetScope, Measure, type Budget, type BudgetLimits } from '../../protocol/index.ts';

type Limits = BudgetLimits | undefined;

export function childBudget(own: Budget = {}, parent: Budget = {}, share: Limits): Budget | undefined {
  const ceiling: Budget = { ...parent, subtree: share ?? parent.subtree };
  const scopes = BudgetScope.options.flatMap((scope) => {
    const limits = lower(own[scope], ceiling[scope]);
    return limits === undefined ? [] : [[scope, limits] as const];
  });
  const isLimited = (budget: Budget): boolean =>
    BudgetScope.options.some((scope) => budget[scope] !== undefined);
  const strict = [own, parent].filter(isLimited).some(({ unknownPrice }) => unknownPrice !== 'allow');
  if (scopes.length === 0) return undefined;
  return { ...Object.fromEntries(scopes), unknownPrice: strict ? 'refuse' : 'allow' };
}

/** Of each measure the smaller limit. */
function lower(a: Limits, b: Limits): Limits {
  const limits = Measure.options.flatMap((measure) => {
    const set = [a?.[measure], b?.[measure]].filter((limit) => limit !== undefined);
    return set.length === 0 ? [] : [[measure, Math.min(...set)] as const];
  });
  return limits.length === 0 ? undefined : Object.fromEntries(limits);
}
