// From `--budget` and `--raise` to commands. Which limits there are is the session's to say, and what may be raised the core's.
import { newId, systemClock, systemRandom } from '../base/index.ts';
import {
  BudgetScope,
  CarrelError,
  Measure,
  type BudgetLine,
  type CommandOf,
  type SessionSummary,
} from '../protocol/index.ts';
import type { Invocation } from './invocation.ts';

type Raise = CommandOf<'budget/raise'>;
type Limit = Pick<BudgetLine, 'scope' | 'measure'>;

/** What is wrong with an option is said before anything is opened. */
export function raises({ options }: Invocation): (row: SessionSummary) => readonly Raise[] {
  const named = options.texts('raise').map(limitOf);
  const usd = options.text('budget');
  const to = usd === undefined ? undefined : amount('--budget', usd);
  return ({ budget = [] }) => [
    ...(to === undefined ? [] : moneyLimits(budget, to).map((limit) => command(limit, to))),
    ...named.map(([limit, value]) => command(limit, value)),
  ];
}

/** Those below `to`; where there is none, one that says why not. */
function moneyLimits(budget: readonly BudgetLine[], to: number): readonly Limit[] {
  const money = budget.filter(({ measure }) => measure === 'usd');
  const lower = money.filter(({ limit }) => limit < to);
  return lower.length > 0 ? lower : [money[0] ?? { scope: 'subtree', measure: 'usd' }];
}

function limitOf(text: string): readonly [Limit, number] {
  const [, scope, measure, value = ''] = /^(\w+)\.(\w+)=(.*)$/.exec(text) ?? [];
  const limit = { scope: BudgetScope.safeParse(scope).data, measure: Measure.safeParse(measure).data };
  if (limit.scope === undefined || limit.measure === undefined) {
    const form = `SCOPE.MEASURE=VALUE, of ${BudgetScope.options.join(', ')} and ${Measure.options.join(', ')}`;
    throw new CarrelError('invalid_params', `--raise is ${JSON.stringify(text)}: give ${form}`);
  }
  return [{ scope: limit.scope, measure: limit.measure }, amount('--raise', value)];
}

function amount(option: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new CarrelError('invalid_params', `${option} is ${JSON.stringify(text)}: give a number above 0`);
}

function command({ scope, measure }: Limit, to: number): Raise {
  const id = newId('cmd', systemClock.now(), systemRandom);
  return { type: 'budget/raise', id, scope, measure, to, by: { kind: 'user' } };
}
