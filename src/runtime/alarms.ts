import type { Clock } from '../base/index.ts';

/** At most one timer for each session. */
export class Alarms implements Disposable {
  readonly #clock: Clock;
  readonly #ring: (session: string) => void;
  readonly #timers = new Map<string, Disposable>();

  constructor(clock: Clock, ring: (session: string) => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings once after `delayMs`, instead of whenever it would have. */
  set(session: string, delayMs: number): void {
    this.clear(session);
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(session);
      this.#ring(session);
    });
    this.#timers.set(session, timer);
  }

  clear(session: string): void {
    this.#timers.get(session)?.[Symbol.dispose]();
    this.#timers.delete(session);
  }

  [Symbol.dispose](): void {
    for (const session of this.#timers.keys()) this.clear(session);
  }
}
