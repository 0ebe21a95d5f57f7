import { describe, expect, it } from 'vitest';
import { simulate, type SimulationResult } from './simulate.ts';

/** Seeds of the short form. */
const SEEDS = 30;

describe('a simulated host', () => {
  it('keeps every promise, whatever the seed does to it', async () => {
    const results: SimulationResult[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) results.push(await simulate({ seed }));
    expect(
      results.flatMap(({ seed, violations }) => violations.map((broken) => ({ seed, ...broken }))),
    ).toEqual([]);
    // Enough of everything must have happened for that to mean something.
    const sum = (of: keyof SimulationResult['tally']): number =>
      results.reduce((total, { tally }) => total + tally[of], 0);
    expect(sum('deaths')).toBeGreaterThan(SEEDS);
    expect(sum('closes')).toBeGreaterThan(SEEDS);
    expect(sum('commands')).toBeGreaterThan(20 * SEEDS);
    expect(sum('requests')).toBeGreaterThan(10 * SEEDS);
    expect(sum('runs')).toBeGreaterThan(5 * SEEDS);
    expect(sum('children')).toBeGreaterThan(SEEDS / 2);
    expect(sum('viewed')).toBeGreaterThan(50 * SEEDS);
    expect(results.reduce((total, { steps }) => total + steps, 0)).toBeGreaterThan(500 * SEEDS);
  }, 120_000);

  it('does the same again for the same seed, and something else for another', async () => {
    const once = await simulate({ seed: 7 });
    const again = await simulate({ seed: 7 });
    expect(again).toEqual(once);
    expect(once.steps).toBeGreaterThan(200);
    expect((await simulate({ seed: 8 })).hash).not.toBe(once.hash);
  });

  it('does only what it is told to do of a plan', async () => {
    const { actions, tally } = await simulate({ seed: 7, only: [0] });
    expect(actions).toEqual([expect.objectContaining({ number: 0, kind: 'create' })]);
    expect(tally).toMatchObject({ deaths: 0 });
  });

  it('is given up when it does not end', async () => {
    const { violations, steps } = await simulate({ seed: 7, mostSteps: 50 });
    expect(steps).toBe(50);
    expect(violations).toEqual([expect.objectContaining({ promise: 'P8' })]);
  });
});
