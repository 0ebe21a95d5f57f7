// Time in the hands of the test: it stands still until it is moved, and what falls due runs in order.
import { setImmediate } from 'node:timers/promises';
import { invariant, type Clock } from '../base/index.ts';

export interface ManualClock extends Clock {
  /**
   * Moves time on by whole milliseconds. Timers fire in the order of their time, then of their making, each at its own time, also
   * those that are made on the way; between them, everything that only waits for promises runs. Calls queue behind each other.
   */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock on or back, as a person or a time server does: no time passes, and no timer fires. */
  jump(ms: number): void;
  /** Timers that wait. */
  readonly pending: number;
}

interface Timer {
  readonly dueAt: number;
  readonly fire: () => void;
}

/** A round wall-clock time, so that tests show times that mean something: 2026-01-01T00:00:00Z. */
const DEFAULT_START = Date.UTC(2026, 0, 1);

/** One turn of the event loop: every promise that can settle has settled, and its followers have run. */
const settle = (): Promise<void> => setImmediate();

export function manualClock(startAt: number = DEFAULT_START): ManualClock {
  const timers = new Set<Timer>();
  let elapsedMs = 0;
  let jumpedMs = 0;
  let last = Promise.resolve();

  const nextDue = (endAt: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers)
      if (timer.dueAt <= endAt && timer.dueAt < (next?.dueAt ?? Infinity)) next = timer;
    return next;
  };

  const run = async (ms: number): Promise<void> => {
    const endAt = elapsedMs + ms;
    await settle();
    for (let timer = nextDue(endAt); timer !== undefined; timer = nextDue(endAt)) {
      timers.delete(timer);
      elapsedMs = Math.max(elapsedMs, timer.dueAt);
      timer.fire();
      await settle();
    }
    elapsedMs = endAt;
  };

  return {
    now: () => startAt + elapsedMs + jumpedMs,
    monotonic: () => elapsedMs,
    after(delayMs, fire) {
      const timer = { dueAt: elapsedMs + Math.max(0, Math.ceil(delayMs)), fire };
      timers.add(timer);
      return { [Symbol.dispose]: () => void timers.delete(timer) };
    },
    advance(ms) {
      invariant(
        Number.isInteger(ms) && ms >= 0,
        `time is moved by whole milliseconds, at least 0: not by ${ms}`,
      );
      const done = last.then(() => run(ms));
      last = done.catch(() => undefined);
      return done;
    },
    jump(ms) {
      jumpedMs += ms;
    },
    get pending() {
      return timers.size;
    },
  };
}
