import type { Clock } from '../base/index.ts';

/** Three of the beats that a client promises, less a little: a half-open connection is found in that time. */
export const SILENT_MS = 45_000;

/** Watches for a silence that is too long, until disposed. Hearing costs nothing but a look at the clock. */
export class Silence implements Disposable {
  readonly #clock: Clock;
  readonly #onSilent: () => void;
  #heardMs: number;
  #timer: Disposable;

  constructor(clock: Clock, onSilent: () => void) {
    this.#clock = clock;
    this.#onSilent = onSilent;
    this.#heardMs = clock.monotonic();
    this.#timer = clock.after(SILENT_MS, this.#look);
  }

  heard(): void {
    this.#heardMs = this.#clock.monotonic();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  readonly #look = (): void => {
    const silentMs = this.#clock.monotonic() - this.#heardMs;
    if (silentMs >= SILENT_MS) this.#onSilent();
    else this.#timer = this.#clock.after(SILENT_MS - silentMs, this.#look);
  };
}
