/**
 * Time is injected everywhere, so that a test can hold it still and a simulator can own it.
 * `now` is integer milliseconds UTC and may jump; `monotonic` never goes back and is for measuring waits.
 */
export interface Clock {
  now(): number;
  monotonic(): number;
  /** Calls `fire` once after `delayMs` (clamped to what a timer can hold), unless disposed before. */
  after(delayMs: number, fire: () => void): Disposable;
}

/** Longest delay a JavaScript timer keeps (2^31 - 1 ms, 24.8 days); a longer one would fire at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, fire) {
    const timer = setTimeout(fire, Math.min(Math.max(0, delayMs), LONGEST_DELAY_MS));
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer[Symbol.dispose]();
      reject(signal?.reason as Error);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
