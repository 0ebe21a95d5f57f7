import type { Clock } from '../base/index.ts';

export interface BucketOptions {
  /** What may be taken at once. */
  readonly most: number;
  /** How long one of it takes to come back, ms. */
  readonly eachMs: number;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Times are sums of fractions: who waits as long as it was told gets what it waited for. */
const ROUNDING_MS = 1e-3;

/** A bucket of tokens: so much at once, and no more than so fast for long. It remembers only when it will be full again. */
export class Bucket {
  readonly #options: BucketOptions;
  #fullAtMs = -Infinity;

  constructor(options: BucketOptions) {
    this.#options = options;
  }

  /** Nobody has taken anything for so long that it is as new. */
  get isFull(): boolean {
    return this.#fullAtMs <= this.#options.clock.monotonic();
  }

  /** 0 when it was taken; else how long to wait until it could be, ms, and nothing is taken. `Infinity` for more than ever fits. */
  take(much = 1): number {
    const { most, eachMs, clock } = this.#options;
    if (much > most) return Infinity;
    const nowMs = clock.monotonic();
    const fullAtMs = Math.max(this.#fullAtMs, nowMs) + much * eachMs;
    const waitMs = fullAtMs - nowMs - most * eachMs;
    if (waitMs > ROUNDING_MS) return Math.ceil(waitMs - ROUNDING_MS);
    this.#fullAtMs = fullAtMs;
    return 0;
  }
}
