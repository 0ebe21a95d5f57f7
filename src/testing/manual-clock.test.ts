import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sleep } from '../base/index.ts';
import { manualClock } from './manual-clock.ts';

describe('manual clock', () => {
  it('stands still until it is moved', async () => {
    const clock = manualClock(1000);
    expect([clock.now(), clock.monotonic()]).toEqual([1000, 0]);
    await clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([1250, 250]);
  });

  it('jumps without a timer that notices', async () => {
    const clock = manualClock(1000);
    const fired: number[] = [];
    clock.after(100, () => fired.push(clock.now()));
    clock.jump(-500);
    expect([clock.now(), clock.monotonic(), fired]).toEqual([500, 0, []]);
    await clock.advance(100);
    expect(fired).toEqual([600]);
  });

  it('fires in the order of time, then of making, each at its own time', async () => {
    const clock = manualClock(0);
    const fired: string[] = [];
    const at = (delayMs: number, name: string): Disposable =>
      clock.after(delayMs, () => fired.push(`${name}@${clock.now()}`));
    at(30, 'c');
    at(10, 'a');
    at(30, 'd');
    at(20, 'b')[Symbol.dispose]();
    at(40, 'e');
    expect(clock.pending).toBe(4);
    await clock.advance(30);
    expect(fired).toEqual(['a@10', 'c@30', 'd@30']);
    expect(clock.pending).toBe(1);
  });

  it('runs what waits for promises between timers, and timers made on the way', async () => {
    const clock = manualClock(0);
    const log: string[] = [];
    const work = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await sleep(clock, 10);
        log.push(`woke@${clock.now()}`);
      }
    };
    const working = work();
    clock.after(25, () => log.push('other@25'));
    await clock.advance(30);
    await working;
    expect(log).toEqual(['woke@10', 'woke@20', 'other@25', 'woke@30']);
  });

  it('stops at a timer that throws, and can be moved on', async () => {
    const clock = manualClock(0);
    clock.after(5, () => {
      throw new Error('broken timer');
    });
    await expect(clock.advance(10)).rejects.toThrow('broken timer');
    await clock.advance(10);
    expect(clock.monotonic()).toBe(15);
  });

  it.each([[-1], [0.5], [NaN], [Infinity]])('refuses to be moved by %d', (ms) => {
    expect(() => manualClock().advance(ms)).toThrow('whole milliseconds');
  });

  it('fires the same timers however the way is divided', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(50), { maxLength: 8 }),
        fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }),
        async (delays, moves) => {
          const run = async (steps: readonly number[]): Promise<string[]> => {
            const clock = manualClock(0);
            const fired: string[] = [];
            delays.forEach((delayMs, i) => clock.after(delayMs, () => fired.push(`${i}@${clock.now()}`)));
            await Promise.all(steps.map((ms) => clock.advance(ms)));
            return fired;
          };
          expect(await run(moves)).toEqual(await run([moves.reduce((sum, ms) => sum + ms, 0)]));
        },
      ),
    );
  });
});
