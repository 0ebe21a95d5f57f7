import { z } from 'zod';
import { BudgetLine, BudgetScope, Measure } from '../budget.ts';
import { Source } from '../values.ts';

export const budgetEvents = {
  /** A hard stop: nothing that would use more is started. In the unit of the measure. */
  'budget.reached': BudgetLine,
  'budget.raised': z.object({
    scope: BudgetScope,
    measure: Measure,
    from: z.number().nonnegative(),
    to: z.number().nonnegative(),
    by: Source,
  }),
};
