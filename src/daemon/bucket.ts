import type { Clock } from '../base/index.ts';

export interface BucketOptions {
  /** What may be taken at once. */
  readonly most: number;
  /** How fast it fills again. */
  readonly perMs: number;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Filling adds fractions: who waits as long as it was told gets what it waited for. */
const ROUNDING = 1e-6;

/** A bucket of tokens: so much at once, and no more than so fast for long. */
export class Bucket {
  readonly #options: BucketOptions;
  #left: number;
  #seenMs: number;

  constructor(options: BucketOptions) {
    this.#options = options;
    this.#left = options.most;
    this.#seenMs = options.clock.monotonic();
  }

  /** Nobody has taken anything for so long that it is as new. */
  get isFull(): boolean {
    this.#fill();
    return this.#left === this.#options.most;
  }

  /** 0 when it was taken; else how long to wait until it could be, ms, and nothing is taken. `Infinity` for more than ever fits. */
  take(much = 1): number {
    this.#fill();
    const { most, perMs } = this.#options;
    if (much > most) return Infinity;
    if (much <= this.#left + ROUNDING) {
      this.#left = Math.max(0, this.#left - much);
      return 0;
    }
    return Math.ceil((much - this.#left) / perMs);
  }

  #fill(): void {
    const { most, perMs, clock } = this.#options;
    const nowMs = clock.monotonic();
    this.#left = Math.min(most, this.#left + (nowMs - this.#seenMs) * perMs);
    this.#seenMs = nowMs;
  }
}
