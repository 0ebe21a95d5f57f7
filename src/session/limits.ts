// What may still be used. Inside, money is in millionths of a dollar; events and summaries say dollars.
import {
  addReserved,
  addSpent,
  BudgetScope,
  Measure,
  microUsd,
  MILLION,
  NOTHING_RESERVED,
  NOTHING_SPENT,
  outputWithin,
  mostCost,
  type BudgetLine,
  type ErrorInfo,
  type EventData,
  type Price,
  type Profile,
  type Reserved,
  type Spent,
} from '../protocol/index.ts';
import { reservedBelow } from './spending.ts';
import type { SessionState } from './state.ts';

/** Tokens of an answer that are not worth a request: less says nothing. A profile may ask for fewer. */
const MIN_ANSWER_TOKENS = 256;

/** One limit, in whole units: `usd` in millionths. */
type Line = BudgetLine;

interface Used {
  readonly spent: Spent;
  readonly reserved: Reserved;
}

function usedOf(state: SessionState, scope: BudgetScope): Used {
  const asked = state.turn?.step?.reserved ?? NOTHING_RESERVED;
  const open = addReserved(asked, state.compaction?.reserved ?? NOTHING_RESERVED);
  const own = scope === 'turn' ? (state.turn?.spent ?? NOTHING_SPENT) : state.spent;
  const spent = scope === 'subtree' ? addSpent(own, state.below) : own;
  const reserved = addReserved(spent.lost, open);
  return { spent, reserved: scope === 'subtree' ? addReserved(reserved, reservedBelow(state)) : reserved };
}

function lines(state: SessionState): Line[] {
  const { budget } = state.profile;
  if (budget === undefined) return [];
  return BudgetScope.options.flatMap((scope) => {
    const limits = budget[scope] ?? {};
    const { spent, reserved } = usedOf(state, scope);
    return Measure.options.flatMap((measure): Line[] => {
      const limit = limits[measure];
      if (limit === undefined) return [];
      if (measure === 'usd')
        return [{ scope, measure, limit: microUsd(limit), spent: spent.cost, reserved: reserved.cost }];
      const held = measure === 'wallMs' ? 0 : reserved[measure];
      return [{ scope, measure, limit, spent: spent[measure], reserved: held }];
    });
  });
}

const left = ({ limit, spent, reserved }: Line): number => limit - spent - reserved;

/** In the unit of its measure. */
function shown(line: Line): BudgetLine {
  if (line.measure !== 'usd') return line;
  const { limit, spent, reserved } = line;
  return { ...line, limit: limit / MILLION, spent: spent / MILLION, reserved: reserved / MILLION };
}

/** Every limit with what counts against it. */
export function budgetLines(state: SessionState): readonly BudgetLine[] {
  return lines(state).map(shown);
}

export function lineOf(
  state: SessionState,
  { scope, measure }: Pick<BudgetLine, 'scope' | 'measure'>,
): BudgetLine | undefined {
  return budgetLines(state).find((line) => line.scope === scope && line.measure === measure);
}

/** Requests must be reserved for. */
export function isReserving({ profile: { budget } }: SessionState): boolean {
  return BudgetScope.options.some(
    (scope) => budget?.[scope]?.usd !== undefined || budget?.[scope]?.tokens !== undefined,
  );
}

/** The first limit that lets no step begin. One of money is judged when the price of a request is known: it may be free. */
export function usedUp(state: SessionState): BudgetLine | undefined {
  const found = lines(state).find((line) => line.measure !== 'usd' && left(line) <= 0);
  return found && shown(found);
}

/** How long the turn may go on working, ms; undefined when nothing says. */
export function workLeftMs(state: SessionState): number | undefined {
  const times = lines(state)
    .filter(({ measure }) => measure === 'wallMs')
    .map(left);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** A request about to be made: tokens it sends at most, tokens it would like to have as an answer, and what they cost. */
export interface Estimate {
  readonly input: number;
  readonly output: number;
  readonly price?: Price | undefined;
}

export type Reservation =
  { readonly reserved: Omit<EventData<'step.reserved'>, 'attempt'> } | { readonly reached: BudgetLine };

/** As much of an answer as every limit pays for; the limit that pays for none otherwise. */
export function reserve(state: SessionState, { input, output, price }: Estimate): Reservation {
  let most = output;
  let limiting: Line | undefined;
  for (const line of lines(state)) {
    const pays = paysFor(line, input, price);
    if (pays >= most) continue;
    most = pays;
    limiting = line;
  }
  if (limiting !== undefined && most < Math.min(output, MIN_ANSWER_TOKENS))
    return { reached: shown(limiting) };
  const { scope, measure } = limiting ?? {};
  return {
    reserved: {
      tokens: input + most,
      output: most,
      ...(price === undefined ? {} : { cost: mostCost(price, { input, output: most }) }),
      ...(scope === undefined || measure === undefined ? {} : { limitedBy: { scope, measure } }),
    },
  };
}

function paysFor(line: Line, input: number, price: Price | undefined): number {
  if (line.measure === 'tokens') return left(line) - input;
  if (line.measure === 'usd' && price !== undefined) return outputWithin(price, input, left(line));
  return Infinity;
}

/** Whether money is limited and a price must be known. */
export function needsPrice({ budget }: Pick<Profile, 'budget'>): boolean {
  return (
    budget?.unknownPrice !== 'allow' &&
    BudgetScope.options.some((scope) => budget?.[scope]?.usd !== undefined)
  );
}

export function unpriced(model: string): ErrorInfo {
  const message = `The price of ${model} is unknown, so a budget in usd cannot hold for it: give providers.NAME.models.MODEL.price in the configuration, or set budget.unknownPrice to "allow".`;
  return { code: 'invalid_params', message, data: { model } };
}

/** What to do is part of the message. */
export function reachedError({ scope, measure, limit, spent, reserved }: BudgetLine): ErrorInfo {
  const kept = reserved > 0 ? ` and ${String(reserved)} reserved` : '';
  const message = `The budget of the ${scope} is reached: ${String(spent)}${kept} of ${String(limit)} ${measure} (budget.${scope}.${measure}). Raise it, then continue.`;
  return { code: 'limit_reached', message, data: { scope, measure, limit, spent, reserved } };
}

export function raised(
  profile: Profile,
  { scope, measure, to }: Pick<EventData<'budget.raised'>, 'scope' | 'measure' | 'to'>,
): Profile {
  const { budget } = profile;
  return { ...profile, budget: { ...budget, [scope]: { ...budget?.[scope], [measure]: to } } };
}
