import type { Clock } from '../../base/index.ts';

/** Calls `onSilence` once when `progress` was not called for `limitMs`. One timer, whatever the number of deltas. */
export class SilenceWatch implements Disposable {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilence: () => void;
  #lastAt: number;
  #timer: Disposable;

  constructor(clock: Clock, limitMs: number, onSilence: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
    this.#lastAt = clock.monotonic();
    this.#timer = clock.after(limitMs, () => this.#check());
  }

  progress(): void {
    this.#lastAt = this.#clock.monotonic();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #check(): void {
    const quietMs = this.#clock.monotonic() - this.#lastAt;
    if (quietMs >= this.#limitMs) this.#onSilence();
    else this.#timer = this.#clock.after(this.#limitMs - quietMs, () => this.#check());
  }
}
