import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../base/index.ts';
import { Slots } from './slots.ts';

/** Time that moves only when the test says so. */
function stoppedClock(): Clock & { fireAll(): void } {
  const timers = new Set<() => void>();
  return {
    now: () => 0,
    monotonic: () => 0,
    after(_delayMs, fire) {
      const timer = (): void => {
        timers.delete(timer);
        fire();
      };
      timers.add(timer);
      return { [Symbol.dispose]: () => void timers.delete(timer) };
    },
    fireAll: () => timers.forEach((timer) => timer()),
  };
}

const LIMITS = { level: 'things', capacity: 2, waiting: 2, waitMs: 1_000 };
const never = (): AbortSignal => new AbortController().signal;

describe('slots', () => {
  it('are given in the order they were asked for, with a position', async () => {
    const slots = new Slots({ ...LIMITS, capacity: 1 }, stoppedClock());
    const first = await slots.acquire('a', never());
    const got: string[] = [];
    const waiting = ['b', 'c'].map(async (who) => {
      using _slot = await slots.acquire(who, never());
      got.push(who);
    });
    expect([slots.position('b'), slots.position('c'), slots.position('a')]).toEqual([1, 2, undefined]);
    expect(slots.refusal()).toMatchObject({ code: 'overloaded', data: { level: 'things', capacity: 1 } });
    await expect(slots.acquire('d', never())).rejects.toMatchObject({ code: 'overloaded' });
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    await Promise.all(waiting);
    expect(got).toEqual(['b', 'c']);
    expect(slots.counts).toEqual({ inUse: 0, free: 1, waiting: 0 });
    expect(slots.refusal()).toBeUndefined();
  });

  it('are not waited for longer than allowed, nor by who has left', async () => {
    const clock = stoppedClock();
    const slots = new Slots({ ...LIMITS, capacity: 1 }, clock);
    using _held = await slots.acquire('a', never());
    const leaving = new AbortController();
    const left = slots.acquire('b', leaving.signal);
    const late = slots.acquire('c', never());
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await expect(slots.acquire('d', leaving.signal)).rejects.toThrow('gone');
    clock.fireAll();
    await expect(late).rejects.toMatchObject({ code: 'overloaded', data: { retryAfterMs: 1_000 } });
    expect(slots.counts).toEqual({ inUse: 1, free: 0, waiting: 0 });
  });

  it('are all there after any storm of faults', async () => {
    const act = fc.oneof(
      fc.record({ do: fc.constant('ask' as const) }),
      fc.record({
        do: fc.constantFrom('leave' as const, 'give' as const, 'giveTwice' as const),
        which: fc.nat(9),
      }),
      fc.record({ do: fc.constantFrom('time' as const, 'settle' as const), which: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
        const clock = stoppedClock();
        const slots = new Slots(LIMITS, clock);
        const asked: { abort: AbortController; slot?: Disposable }[] = [];
        const whole = (): void => {
          const { inUse, free, waiting } = slots.counts;
          expect(inUse + free).toBe(LIMITS.capacity);
          expect(Math.min(inUse, free, waiting)).toBeGreaterThanOrEqual(0);
          expect(waiting).toBeLessThanOrEqual(LIMITS.waiting);
        };
        for (const next of acts) {
          if (next.do === 'ask') {
            const one: (typeof asked)[number] = { abort: new AbortController() };
            asked.push(one);
            slots.acquire('x', one.abort.signal).then(
              (slot) => (one.slot = slot),
              () => undefined,
            );
          } else if (next.do === 'time') clock.fireAll();
          else if (next.do === 'settle') await new Promise(setImmediate);
          else {
            const one = asked[next.which % Math.max(1, asked.length)];
            if (next.do === 'leave') one?.abort.abort();
            else one?.slot?.[Symbol.dispose]();
            if (next.do === 'giveTwice') one?.slot?.[Symbol.dispose]();
          }
          whole();
        }
        for (const { abort } of asked) abort.abort();
        await new Promise(setImmediate);
        for (const { slot } of asked) slot?.[Symbol.dispose]();
        expect(slots.counts).toEqual({ inUse: 0, free: LIMITS.capacity, waiting: 0 });
      }),
    );
  });
});
