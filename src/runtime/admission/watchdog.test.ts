import { expect, it } from 'vitest';
import { manualClock } from '../../testing/index.ts';
import { Slots } from './slots.ts';
import { Watchdog } from './watchdog.ts';

it('a watchdog takes back what a session holds that does nothing, and says so', async () => {
  const clock = manualClock();
  const slots = new Slots({ level: 'host', what: 'turns', capacity: 3, waiting: 1, waitMs: 1_000 }, clock);
  const idle = new Set<string>();
  const faults: string[] = [];
  const watchdog = new Watchdog({
    clock,
    held: () => slots.held,
    atWork: (session) => !idle.has(session),
    fault: (what, error, session) => faults.push(`${session}: ${what}: ${String(error)}`),
  });
  const { signal } = new AbortController();
  const [lost] = [
    await slots.acquire({ session: 'lost', looked: true }, signal),
    await slots.acquire({ session: 'works', looked: true }, signal),
  ];
  await clock.advance(30_000);
  idle.add('lost').add('resting');
  const resting = await slots.acquire({ session: 'resting', looked: true }, signal);
  await clock.advance(30_000);
  expect([faults, watchdog.leaked]).toEqual([[], 0]);
  idle.delete('resting');
  await clock.advance(30_000);
  expect(faults).toEqual([expect.stringContaining('A slot for turns was held for 90000 ms by session lost')]);
  expect(watchdog.leaked).toBe(1);
  lost[Symbol.dispose]();
  expect(slots.report).toMatchObject({ inUse: 2, free: 1 });
  idle.add('resting');
  await clock.advance(30_000);
  resting[Symbol.dispose]();
  await clock.advance(60_000);
  expect(watchdog.leaked).toBe(1);
  watchdog[Symbol.dispose]();
  expect(clock.pending).toBe(0);
});
