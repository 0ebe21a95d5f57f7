import { describe, expect, it } from 'vitest';
import { budgetLine, dollars, price, spending } from './money.ts';

describe('money', () => {
  it.each([
    [0, '$0.00'],
    [1, '$0.0001'],
    [12_300, '$0.0123'],
    [100_000, '$0.10'],
    [1_234_000, '$1.234'],
    [5_000_000, '$5.00'],
  ])('of %d millionths is %s', (cost, shown) => {
    expect(dollars(cost)).toBe(shown);
  });

  it.each([
    [{ cost: 100_000, unknown: 0 }, '$0.10'],
    [{ cost: 100_000, unknown: 2 }, 'at least $0.10 (unknown for 2 requests)'],
    [{ cost: 0, unknown: 1 }, 'unknown (1 request)'],
    [{ cost: 0, unknown: 0 }, '$0.00'],
  ])('that was spent, %j, is %s', (spent, shown) => {
    expect(spending(spent)).toBe(shown);
  });

  it.each([
    [
      { scope: 'subtree', measure: 'usd', limit: 1, spent: 0.29, reserved: 0.9 },
      'subtree: $0.29 and $0.90 reserved of $1.00',
    ],
    [{ scope: 'turn', measure: 'steps', limit: 3, spent: 1, reserved: 0 }, 'turn: 1 of 3 steps'],
    [
      { scope: 'session', measure: 'wallMs', limit: 60_000, spent: 1_500, reserved: 0 },
      'session: 1s of 1m at work',
    ],
  ] as const)('as a limit, %j, is %s', (line, shown) => {
    expect(budgetLine(line)).toBe(shown);
  });

  it('of an unknown price is not nothing', () => {
    expect([price(undefined), price({ input: 0, output: 0 })]).toEqual(['unknown', '$0 in, $0 out']);
  });
});
