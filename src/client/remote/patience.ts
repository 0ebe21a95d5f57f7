import type { Clock, Random } from '../../base/index.ts';

/** The first wait, ms; each one after it is twice as long. A host that restarts is away for about this long. */
const FIRST_MS = 100;
/** The longest wait, ms: clients of a host that was restarted are all back within twice of it. */
const LONGEST_MS = 5_000;
/** What worked for this long works, ms: the next failure is a new one. */
const LASTING_MS = 5_000;

export interface PatienceOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly giveUpAfterMs: number;
}

/**
 * Waits between tries of something that fails now. Half of each wait is by chance, so that clients who lost one host at the same
 * time do not come back at the same time.
 */
export class Patience {
  readonly #options: PatienceOptions;
  #failures = 0;
  #since: number | undefined;
  #workedAt: number | undefined;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /** It failed. How long to wait now, at least `leastMs`; `undefined` when it failed for too long, and the next failure is a new one. */
  next(leastMs = 0): number | undefined {
    const { clock, giveUpAfterMs } = this.#options;
    const now = clock.monotonic();
    if (now - (this.#workedAt ?? now) >= LASTING_MS) this.reset();
    this.#workedAt = undefined;
    this.#since ??= now;
    if (now - this.#since >= giveUpAfterMs) {
      this.reset();
      return undefined;
    }
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++);
    return Math.max(leastMs, Math.round((most * (1 + this.#chance())) / 2));
  }

  /** It works from now on, perhaps not for long. */
  worked(): void {
    this.#workedAt = this.#options.clock.monotonic();
  }

  /** It got somewhere. */
  reset(): void {
    this.#failures = 0;
    this.#since = undefined;
  }

  /** From 0 to 1. */
  #chance(): number {
    const [high = 0, low = 0] = this.#options.random(2);
    return (high * 256 + low) / 0xffff;
  }
}
