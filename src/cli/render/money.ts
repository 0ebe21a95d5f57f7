// What was spent, for people. Unknown is never shown as nothing.
import type { BudgetLine, Price, Spending } from '../../protocol/index.ts';
import { span } from './time.ts';

/** Costs are in millionths of a dollar; without the protocol's own constant, which would load its schemas. */
const MILLION = 1_000_000;

/** `$0.0123`: to a hundredth of a cent, rounded up, so that what was paid for is never shown as free. */
export function dollars(cost: number): string {
  const shown = Math.ceil(cost / 100) / 10_000;
  return `$${shown.toFixed(4).replace(/(\.\d\d)0+$|(\.\d\d\d)0$/, '$1$2')}`;
}

export function spending({ cost, unknown }: Spending): string {
  if (unknown === 0) return dollars(cost);
  const requests = `${String(unknown)} request${unknown === 1 ? '' : 's'}`;
  return cost === 0 ? `unknown (${requests})` : `at least ${dollars(cost)} (unknown for ${requests})`;
}

function amount(measure: BudgetLine['measure'], value: number): string {
  if (measure === 'usd') return dollars(value * MILLION);
  return measure === 'wallMs' ? span(value) : String(value);
}

export function budgetLine({ scope, measure, limit, spent, reserved }: BudgetLine): string {
  const held = reserved === 0 ? '' : ` and ${amount(measure, reserved)} reserved`;
  const what = { usd: '', tokens: ' tokens', steps: ' steps', wallMs: ' at work' }[measure];
  return `${scope}: ${amount(measure, spent)}${held} of ${amount(measure, limit)}${what}`;
}

/** Dollars for a million tokens in and out. */
export function price(of: Price | undefined): string {
  return of === undefined ? 'unknown' : `$${String(of.input)} in, $${String(of.output)} out`;
}
