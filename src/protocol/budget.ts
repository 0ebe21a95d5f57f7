// Money, tokens, steps and working time that a session may use. What is called `usd` is in US dollars, as people write it; what
// is called `cost` is an integer of millionths of a dollar, so that sums are exact.
import { z } from 'zod';
import type { Usage } from './values.ts';

/** `tokens`: input and output. `steps`: model requests. `wallMs`: time that turns work, not time that they wait for a human. */
export const Measure = z.enum(['usd', 'tokens', 'steps', 'wallMs']);
export type Measure = z.infer<typeof Measure>;

/** `session`: all turns of one session. `subtree`: the session and every session below it. */
export const BudgetScope = z.enum(['turn', 'session', 'subtree']);
export type BudgetScope = z.infer<typeof BudgetScope>;

/** Above any bill; it keeps sums of millionths exact. */
const MAX_USD = 1_000_000;

/** 0 dollars allows models that cost nothing. */
export const Usd = z.number().nonnegative().max(MAX_USD);

/** 0 lets nothing begin: so a child is left with what it used. */
const Count = z.int().nonnegative();

export const BudgetLimits = z.strictObject({
  usd: Usd.optional(),
  tokens: Count.optional(),
  steps: Count.optional(),
  wallMs: Count.optional(),
});
export type BudgetLimits = z.infer<typeof BudgetLimits>;

export const Budget = z.strictObject({
  turn: BudgetLimits.optional(),
  session: BudgetLimits.optional(),
  subtree: BudgetLimits.optional(),
  /** What a limit in `usd` does about a model whose price nobody knows; default `refuse`. */
  unknownPrice: z.enum(['refuse', 'allow']).optional(),
});
export type Budget = z.infer<typeof Budget>;

/** One limit and what counts against it, in the unit of its measure. `reserved` is for requests whose use is not known yet, or never will be. */
export const BudgetLine = z.object({
  scope: BudgetScope,
  measure: Measure,
  limit: z.number().nonnegative(),
  spent: z.number().nonnegative(),
  reserved: z.number().nonnegative(),
});
export type BudgetLine = z.infer<typeof BudgetLine>;

/** What was paid, as far as prices are known: with `unknown` requests of which nobody knows the cost, `cost` is a lower bound. */
export const Spending = z.object({ cost: z.int().nonnegative(), unknown: z.int().nonnegative() });
export type Spending = z.infer<typeof Spending>;

const Reserved = z.object({ cost: Count, tokens: Count, steps: Count });
export type Reserved = z.infer<typeof Reserved>;

/** What was used. Money is in millionths of a dollar. */
export const Spent = z.object({
  ...Spending.shape,
  tokens: Count,
  steps: Count,
  wallMs: Count,
  /** Reserved for what nobody ever said the use of. It stays reserved. */
  lost: Reserved,
});
export type Spent = z.infer<typeof Spent>;

export const NOTHING_RESERVED: Reserved = { cost: 0, tokens: 0, steps: 0 };
export const NOTHING_SPENT: Spent = {
  cost: 0,
  unknown: 0,
  tokens: 0,
  steps: 0,
  wallMs: 0,
  lost: NOTHING_RESERVED,
};

export function addReserved(a: Reserved, b: Partial<Reserved>): Reserved {
  return {
    cost: a.cost + (b.cost ?? 0),
    tokens: a.tokens + (b.tokens ?? 0),
    steps: a.steps + (b.steps ?? 0),
  };
}

export function addSpent(a: Spent, b: Partial<Spent>): Spent {
  return {
    cost: a.cost + (b.cost ?? 0),
    unknown: a.unknown + (b.unknown ?? 0),
    tokens: a.tokens + (b.tokens ?? 0),
    steps: a.steps + (b.steps ?? 0),
    wallMs: a.wallMs + (b.wallMs ?? 0),
    lost: b.lost === undefined ? a.lost : addReserved(a.lost, b.lost),
  };
}

const Rate = z.number().nonnegative().max(1_000_000);
const rates = {
  input: Rate,
  output: Rate,
  /** Of input that came from the provider's cache, and that was written to it; as `input` where they are left out. */
  cachedInput: Rate.optional(),
  cacheWrite: Rate.optional(),
};

/** Dollars for a million tokens, as providers publish them. */
export const Price = z.strictObject({
  ...rates,
  /** For a request with more input than `tokens`, all of it. */
  above: z.strictObject({ tokens: z.int().positive(), ...rates }).optional(),
});
export type Price = z.infer<typeof Price>;

/** Millionths in one: of a dollar, and of a price's million tokens. */
export const MILLION = 1_000_000;

/** `over` wins, limit by limit. */
export function joinBudgets(under: Budget | undefined, over: Budget | undefined): Budget | undefined {
  if (under === undefined || over === undefined) return over ?? under;
  const scopes = BudgetScope.options.map((scope) => [scope, { ...under[scope], ...over[scope] }] as const);
  const limited = scopes.filter(([, limits]) => Object.keys(limits).length > 0);
  return { ...under, ...over, ...Object.fromEntries(limited) };
}

export function microUsd(usd: number): number {
  return Math.round(usd * MILLION);
}

/** What a request cost, in millionths of a dollar, rounded up. */
export function costOf(price: Price, usage: Usage): number {
  const rate = tierOf(price, usage.input);
  const cached = Math.min(usage.cachedInput ?? 0, usage.input);
  const written = Math.min(usage.cacheWrite ?? 0, usage.input - cached);
  return total([
    [usage.input - cached - written, rate.input],
    [cached, rate.cachedInput ?? rate.input],
    [written, rate.cacheWrite ?? rate.input],
    [usage.output, rate.output],
  ]);
}

/** The most that a request can cost, whatever of it is cached. */
export function mostCost(price: Price, { input, output }: { input: number; output: number }): number {
  const rate = tierOf(price, input);
  return total([
    [input, Math.max(rate.input, rate.cacheWrite ?? 0)],
    [output, rate.output],
  ]);
}

/** Tokens of output that `cost` pays for after `input`; below 0 when it does not pay for the input. */
export function outputWithin(price: Price, input: number, cost: number): number {
  const left = cost - mostCost(price, { input, output: 0 });
  if (left < 0) return -1;
  const rate = microUsd(tierOf(price, input).output);
  return rate === 0 ? Infinity : Math.floor((left * MILLION) / rate);
}

function tierOf({ above, ...base }: Price, input: number): Omit<Price, 'above'> {
  return above !== undefined && input > above.tokens ? above : base;
}

/** Integers throughout: tokens times millionths of a dollar for a million of them. */
function total(items: readonly (readonly [tokens: number, rate: number])[]): number {
  return Math.ceil(items.reduce((sum, [tokens, rate]) => sum + tokens * microUsd(rate), 0) / MILLION);
}
