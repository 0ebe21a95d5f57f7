import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { costOf, joinBudgets, mostCost, outputWithin, type Price } from './budget.ts';

const PLAIN: Price = { input: 3, output: 15 };
const CACHED: Price = { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75 };
const TIERED: Price = { ...CACHED, above: { tokens: 1_000, input: 6, output: 22.5 } };

describe('what a request cost', () => {
  it.each([
    [PLAIN, { input: 1_000_000, output: 0 }, 3_000_000],
    [PLAIN, { input: 0, output: 1_000_000 }, 15_000_000],
    [PLAIN, { input: 1, output: 1 }, 18],
    [PLAIN, { input: 1_000, output: 0, cachedInput: 900, cacheWrite: 50 }, 3_000],
    [CACHED, { input: 1_000, output: 10, cachedInput: 900, cacheWrite: 50 }, 270 + 188 + 150 + 150],
    [CACHED, { input: 10, output: 0, cachedInput: 100 }, 3],
    [TIERED, { input: 1_000, output: 2 }, 3_030],
    [TIERED, { input: 1_001, output: 2, cachedInput: 1_001 }, 6_051],
    [{ input: 0.075, output: 0 }, { input: 1, output: 0 }, 1],
    [{ input: 0, output: 0 }, { input: 1_000_000, output: 1_000_000 }, 0],
    [PLAIN, { input: 0, output: 0 }, 0],
  ])('at %j for %j is %d millionths', (price, usage, cost) => {
    expect(costOf(price, usage)).toBe(cost);
  });
});

const rate = fc.integer({ min: 0, max: 200_000 }).map((thousandths) => thousandths / 1_000);
const rates = { input: rate, output: rate, cachedInput: fc.option(rate), cacheWrite: fc.option(rate) };
const tokens = fc.integer({ min: 0, max: 2_000_000 });
type Rates = { input: number; output: number; cachedInput: number | null; cacheWrite: number | null };
const plain = ({ input, output, cachedInput, cacheWrite }: Rates): Omit<Price, 'above'> => ({
  input,
  output,
  // No provider asks more for what is cached than for what is not.
  ...(cachedInput === null ? {} : { cachedInput: Math.min(cachedInput, input) }),
  ...(cacheWrite === null ? {} : { cacheWrite }),
});
const price: fc.Arbitrary<Price> = fc
  .tuple(fc.record(rates), fc.option(fc.record({ tokens: fc.integer({ min: 1, max: 300_000 }), ...rates })))
  .map(([base, above]) => ({
    ...plain(base),
    ...(above === null ? {} : { above: { tokens: above.tokens, ...plain(above) } }),
  }));

test('no request costs more than its most, whatever of it is cached', () => {
  fc.assert(
    fc.property(price, tokens, tokens, fc.tuple(tokens, tokens), (of, input, output, [read, write]) => {
      const usage = { input, output, cachedInput: Math.min(read, input), cacheWrite: Math.min(write, input) };
      expect(costOf(of, usage)).toBeLessThanOrEqual(mostCost(of, { input, output }));
    }),
  );
});

test('a sum pays for so much output, and not for more', () => {
  fc.assert(
    fc.property(price, tokens, fc.integer({ min: 0, max: 100_000_000 }), (of, input, cost) => {
      const output = outputWithin(of, input, cost);
      if (output < 0) expect(mostCost(of, { input, output: 0 })).toBeGreaterThan(cost);
      else if (output !== Infinity) {
        expect(mostCost(of, { input, output })).toBeLessThanOrEqual(cost);
        // The input alone was rounded up by less than a millionth, which pays for this many tokens.
        const { output: rate } = of.above !== undefined && input > of.above.tokens ? of.above : of;
        const more = output + Math.ceil(2 / rate);
        expect(mostCost(of, { input, output: more })).toBeGreaterThanOrEqual(cost);
      }
    }),
  );
});

test.each([
  [undefined, { turn: { usd: 1 } }, { turn: { usd: 1 } }],
  [{ turn: { usd: 1 } }, undefined, { turn: { usd: 1 } }],
  [
    { turn: { usd: 1, steps: 2 }, session: { usd: 3 }, unknownPrice: 'allow' as const },
    { turn: { usd: 4 }, subtree: { tokens: 5 } },
    { turn: { usd: 4, steps: 2 }, session: { usd: 3 }, subtree: { tokens: 5 }, unknownPrice: 'allow' },
  ],
])('%j under %j is %j', (under, over, joined) => {
  expect(joinBudgets(under, over)).toEqual(joined);
});
