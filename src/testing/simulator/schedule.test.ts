import { expect, it } from 'vitest';
import { Dice } from './dice.ts';
import { Schedule, type Owner } from './schedule.ts';
import { Trace } from './trace.ts';

function scheduled(seed = 'test') {
  const trace = new Trace();
  const schedule = new Schedule(new Dice(seed), trace);
  const happened: string[] = [];
  const add = (delayMs: number, what: string, owner?: Owner): Disposable =>
    schedule.add({
      delayMs,
      what,
      run: () => void happened.push(`${what}@${String(schedule.nowMs)}`),
      ...(owner === undefined ? {} : { owner }),
    });
  const run = async (): Promise<readonly string[]> => {
    while (await schedule.step());
    return happened;
  };
  return { schedule, trace, add, run };
}

it('does what is due in the order of its time, and jumps over the time between', async () => {
  const { schedule, add, run } = scheduled();
  add(5_000, 'late');
  add(3, 'soon');
  add(10, 'dropped')[Symbol.dispose]();
  expect(await run()).toEqual(['soon@3', 'late@5000']);
  expect(schedule.steps).toBe(2);
});

it('does what is due at once in an order that the seed chooses', async () => {
  const order = async (seed: string): Promise<string> => {
    const { add, run } = scheduled(seed);
    for (const what of 'abcdef') add(1, what);
    return (await run()).join();
  };
  expect(await order('1')).toBe(await order('1'));
  expect(new Set(await Promise.all(['1', '2', '3', '4'].map(order))).size).toBeGreaterThan(1);
});

it('does nothing for an owner that is gone, and later what one has that stood still', async () => {
  const { schedule, add, run } = scheduled();
  const [gone, stalled]: Owner[] = [{ mood: 'running' }, { mood: 'running' }];
  if (gone === undefined || stalled === undefined) throw new Error('both are there');
  add(1, 'of the gone', gone);
  add(2, 'held', stalled);
  const dropped = add(3, 'held and dropped', stalled);
  add(9, 'world');
  gone.mood = 'gone';
  stalled.mood = 'stalled';
  expect(await run()).toEqual(['world@9']);
  dropped[Symbol.dispose]();
  stalled.mood = 'running';
  schedule.resume(stalled);
  expect(await run()).toEqual(['world@9', 'held@9']);
});

it('lets everything that waits for promises alone run between two steps', async () => {
  const { schedule, run } = scheduled();
  let depth = 0;
  const deep = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await Promise.resolve();
    depth = 50;
  };
  schedule.add({ delayMs: 1, what: 'deep', run: () => void deep() });
  const seen: number[] = [];
  schedule.add({ delayMs: 2, what: 'look', run: () => void seen.push(depth) });
  await run();
  expect(seen).toEqual([50]);
});

it('shows its owner a wall clock that may jump, and a time that does not', async () => {
  const { schedule, run } = scheduled();
  const clock = schedule.clock({ mood: 'running' });
  const before = clock.now();
  clock.after(100, () => (schedule.skewMs = -3_600_000));
  await run();
  expect(clock.monotonic()).toBe(100);
  expect(clock.now()).toBe(before + 100 - 3_600_000);
});
