// Sessions that stream at the same time have their text written at the same time: together they cost one sync.
import type { Clock } from '../base/index.ts';

/** Strikes `everyMs` after the first has joined, for all who have joined by then; silent while nobody has. */
export class Beat {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #joined = new Set<() => void>();
  #timer: Disposable | undefined;

  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** Calls `strike` once, at most `everyMs` from now, unless disposed before. */
  join(strike: () => void): Disposable {
    const own = (): void => strike();
    this.#joined.add(own);
    this.#timer ??= this.#clock.after(this.#everyMs, () => this.#strike());
    return { [Symbol.dispose]: () => this.#leave(own) };
  }

  #strike(): void {
    this.#timer = undefined;
    const joined = [...this.#joined];
    this.#joined.clear();
    for (const strike of joined) strike();
  }

  #leave(own: () => void): void {
    this.#joined.delete(own);
    if (this.#joined.size > 0) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
