import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sleep } from '../../base/index.ts';
import { manualClock } from '../../testing/index.ts';
import { Admission, type AdmissionLimits } from './admission.ts';
import { reserveOf } from './reserve.ts';

const LIMITS: AdmissionLimits = {
  turns: 3,
  requestsPerProvider: 2,
  toolsAtOnce: 2,
  waitingTurns: 1_000,
  waitMs: 3_600_000,
  reservePercent: 0,
  agedAfterMs: 10_000,
};
const never = (): AbortSignal => new AbortController().signal;

function stage(limits: Partial<AdmissionLimits> = {}) {
  const clock = manualClock();
  const admission = new Admission({
    limits: { ...LIMITS, ...limits },
    tools: new Map([['narrow', 1]]),
    clock,
  });
  return { clock, admission };
}

/** Slots in use at every level, with the invariant checked. */
function inUse(admission: Admission): number {
  const { turns, calls, providers, tools } = admission.report();
  const all = [turns, calls, ...Object.values(providers), ...Object.values(tools)];
  for (const { capacity, inUse: used, free } of all) expect(used + free).toBe(capacity);
  return all.reduce((sum, level) => sum + level.inUse, 0);
}

it.each([
  [1, 0],
  [2, 1],
  [4, 2],
  [8, 3],
  [24, 6],
  [64, 10],
  [512, 10],
])('of %i turns %i are the reserve', (turns, reserve) => {
  expect(reserveOf(turns, 25)).toBe(reserve);
  expect(reserveOf(turns, 0)).toBe(0);
});

describe('a tool with a bound of its own', () => {
  it('takes no place from others while it waits', async () => {
    const { admission } = stage();
    using _first = await admission.call('narrow', 'a', never());
    const leaving = new AbortController();
    const second = admission.call('narrow', 'b', leaving.signal);
    using _other = await admission.call('wide', 'b', never());
    expect(admission.report()).toMatchObject({
      calls: { inUse: 2, waiting: 0 },
      tools: { narrow: { inUse: 1, waiting: 1 } },
      sessions: { a: { calls: 1 }, b: { calls: 1 } },
    });
    leaving.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
  });

  it('gives its own slot back when it leaves while it waits for one of all tools', async () => {
    const { admission } = stage({ toolsAtOnce: 1 });
    using _first = await admission.call('wide', 'a', never());
    const leaving = new AbortController();
    const second = admission.call('narrow', 'b', leaving.signal);
    await setImmediate();
    expect(admission.report().tools).toMatchObject({ narrow: { inUse: 1 } });
    leaving.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    expect(inUse(admission)).toBe(1);
  });
});

describe('who looks', () => {
  it('counts once for each viewer, and no longer when the last has left', async () => {
    const { admission } = stage({ turns: 2, reservePercent: 50 });
    using _background = await admission.turn('a', never());
    const viewers = [admission.look('b'), admission.look('b')];
    viewers[0]?.[Symbol.dispose]();
    viewers[0]?.[Symbol.dispose]();
    {
      using _slot = await admission.turn('b', never());
    }
    viewers[1]?.[Symbol.dispose]();
    const leaving = new AbortController();
    const waits = admission.turn('b', leaving.signal);
    expect(admission.position('b')).toBe(1);
    leaving.abort(new Error('gone'));
    await expect(waits).rejects.toThrow('gone');
    expect(admission.position('b')).toBeUndefined();
  });
});

const session = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  looked: fc.boolean(),
  /** What its turn does, one after the other; calls of one round at once. */
  rounds: fc.array(fc.array(fc.constantFrom('narrow', 'wide'), { maxLength: 4 }), {
    minLength: 1,
    maxLength: 4,
  }),
  leavesAfterMs: fc.option(fc.nat(3_000), { nil: undefined }),
  workMs: fc.integer({ min: 1, max: 900 }),
});

it('everyone gets through all levels or leaves, in any storm, and every slot comes back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(session, { maxLength: 25 }), async (sessions) => {
      const { clock, admission } = stage({ reservePercent: 50 });
      const lives = sessions.map(async ({ name, looked, rounds, leavesAfterMs, workMs }) => {
        const stop = new AbortController();
        using _timer = clock.after(leavesAfterMs ?? 10_000_000, () => stop.abort(new Error('gone')));
        using _look = looked ? admission.look(name) : undefined;
        using _turn = await admission.turn(name, stop.signal);
        for (const calls of rounds) {
          {
            using permit = await admission.request('acme', { session: name }, stop.signal);
            await sleep(clock, workMs, stop.signal);
            permit.ended({ usage: { input: 1, output: 1 } });
          }
          await Promise.all(
            calls.map(async (tool) => {
              using _call = await admission.call(tool, name, stop.signal);
              await sleep(clock, workMs, stop.signal);
            }),
          );
        }
      });
      const ended = Promise.allSettled(lives);
      for (let n = 0; n < 40; n++) {
        await clock.advance(250);
        inUse(admission);
      }
      await clock.advance(600_000);
      const outcomes = await ended;
      for (const [index, { status }] of outcomes.entries())
        if (sessions[index]?.leavesAfterMs === undefined) expect(status).toBe('fulfilled');
      expect(inUse(admission)).toBe(0);
      expect([...admission.held()]).toEqual([]);
      admission[Symbol.dispose]();
    }),
    { numRuns: 40 },
  );
});
