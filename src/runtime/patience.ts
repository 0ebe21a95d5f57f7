import { deferred, type Clock } from '../base/index.ts';

/** Waits between tries of something that does not work now, ms; the last one again and again. */
const DELAYS_MS = [100, 250, 500, 1_000, 2_000] as const;

/** Waits longer from one failure to the next, until something works. */
export class Patience {
  readonly #clock: Clock;
  #failures = 0;
  #over: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async wait(): Promise<void> {
    const over = deferred<void>();
    using _timer = this.#clock.after(DELAYS_MS[this.#failures] ?? 0, over.resolve);
    this.#failures = Math.min(this.#failures + 1, DELAYS_MS.length - 1);
    this.#over = over.resolve;
    await over.promise;
  }

  /** Ends a wait at once. */
  hurry(): void {
    this.#over?.();
  }

  /** It worked. */
  reset(): void {
    this.#failures = 0;
  }
}
