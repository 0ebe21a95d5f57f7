import { expect, it } from 'vitest';
import { manualClock } from '../../testing/index.ts';
import { Patience } from './patience.ts';

const patience = (giveUpAfterMs: number, byte = 255) => {
  const clock = manualClock();
  return {
    clock,
    patience: new Patience({ clock, random: (n) => new Uint8Array(n).fill(byte), giveUpAfterMs }),
  };
};

it.each([
  [0, [50, 100, 200, 400, 800, 1600, 2500, 2500]],
  [255, [100, 200, 400, 800, 1600, 3200, 5000, 5000]],
])('waits longer each time, up to a bound (chance %i)', (byte, waits) => {
  const { patience: waiting } = patience(Infinity, byte);
  expect(waits.map(() => waiting.next())).toEqual(waits);
});

it('waits at least as long as it is told', () => {
  expect(patience(Infinity).patience.next(7_000)).toBe(7_000);
});

it('gives up once, and begins anew', async () => {
  const { clock, patience: waiting } = patience(1_000);
  waiting.next();
  await clock.advance(1_000);
  expect([waiting.next(), waiting.next()]).toEqual([undefined, 100]);
  expect(patience(0).patience.next()).toBeUndefined();
});

it('counts from the start after what lasted, and goes on after what did not', async () => {
  const { clock, patience: waiting } = patience(60_000);
  waiting.next();
  waiting.worked();
  await clock.advance(4_999);
  expect(waiting.next()).toBe(200);
  waiting.worked();
  await clock.advance(60_000);
  expect(waiting.next()).toBe(100);
});
