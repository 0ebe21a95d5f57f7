import { expect, it } from 'vitest';
import { manualClock } from '../testing/index.ts';
import { Beat } from './beat.ts';

it('strikes once for all who joined, counted from the first, and not for those who left', async () => {
  const clock = manualClock();
  const beat = new Beat(clock, 40);
  const struck: string[] = [];
  const join = (name: string): Disposable => beat.join(() => struck.push(name));
  join('first');
  await clock.advance(30);
  join('second');
  join('left')[Symbol.dispose]();
  await clock.advance(9);
  expect(struck).toEqual([]);
  await clock.advance(1);
  expect(struck).toEqual(['first', 'second']);

  await clock.advance(1_000);
  const left = join('left');
  await clock.advance(30);
  left[Symbol.dispose]();
  join('third');
  await clock.advance(39);
  expect(struck).toHaveLength(2);
  await clock.advance(1);
  expect(struck).toEqual(['first', 'second', 'third']);
});
