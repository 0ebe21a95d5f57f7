import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Shares } from './shares.ts';

const never = new AbortController().signal;

describe('shares', () => {
  it('keeps the last free slot from whoever holds one', async () => {
    const shares = new Shares({ capacity: 3, waiting: 10 });
    const held = [await shares.acquire('a', never), await shares.acquire('a', never)];
    const third = shares.acquire('a', never);
    expect(shares.counts).toEqual({ inUse: 2, free: 1, waiting: 1 });
    using _other = await shares.acquire('b', never);
    held[0]?.[Symbol.dispose]();
    held[1]?.[Symbol.dispose]();
    using _third = await third;
    expect(shares.counts).toEqual({ inUse: 2, free: 1, waiting: 0 });
  });

  it('serves who holds least first, then in the order of coming', async () => {
    const shares = new Shares({ capacity: 2, waiting: 10 });
    const first = await shares.acquire('a', never);
    const second = await shares.acquire('b', never);
    const order: string[] = [];
    const wait = (who: string, label: string): Promise<unknown> =>
      shares.acquire(who, never).then((slot) => {
        order.push(label);
        slot[Symbol.dispose]();
      });
    const all = [wait('b', 'b2'), wait('c', 'c1'), wait('d', 'd1')];
    first[Symbol.dispose]();
    await Promise.all(all.slice(1));
    second[Symbol.dispose]();
    await Promise.all(all);
    expect(order).toEqual(['c1', 'd1', 'b2']);
  });

  it('refuses one more than may wait, and forgets who gave up', async () => {
    const shares = new Shares({ capacity: 1, waiting: 1 });
    using _held = await shares.acquire('a', never);
    const stop = new AbortController();
    const waiting = shares.acquire('b', stop.signal);
    await expect(shares.acquire('c', never)).rejects.toMatchObject({
      code: 'overloaded',
      data: { capacity: 1 },
    });
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(shares.counts.waiting).toBe(0);
  });

  it('always has in use plus free as its capacity, and in the end gives everything back', async () => {
    const step = fc.record({
      who: fc.constantFrom('a', 'b', 'c'),
      act: fc.constantFrom('take', 'give', 'abort'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(step, { maxLength: 40 }),
        async (capacity, steps) => {
          const shares = new Shares({ capacity, waiting: 100 });
          const slots: Disposable[] = [];
          const stops: AbortController[] = [];
          const takes: Promise<unknown>[] = [];
          for (const { who, act } of steps) {
            if (act === 'take') {
              const stop = new AbortController();
              stops.push(stop);
              takes.push(
                shares.acquire(who, stop.signal).then(
                  (slot) => slots.push(slot),
                  () => undefined,
                ),
              );
            } else if (act === 'give') slots.shift()?.[Symbol.dispose]();
            else stops.shift()?.abort();
            await Promise.resolve();
            expect(shares.counts.inUse + shares.counts.free).toBe(capacity);
            expect(shares.counts.free).toBeGreaterThanOrEqual(0);
          }
          for (const stop of stops) stop.abort();
          await Promise.all(takes);
          for (const slot of slots) {
            slot[Symbol.dispose]();
            slot[Symbol.dispose]();
          }
          expect(shares.counts).toEqual({ inUse: 0, free: capacity, waiting: 0 });
        },
      ),
    );
  });
});
