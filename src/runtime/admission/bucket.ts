// How much may be asked of a provider in a time. It fills evenly. What is configured is the most that is ever given; without it
// there is no bound until the provider says one, and then what it says last holds.
import type { Clock } from '../../base/index.ts';
import type { Allowance } from '../../model/index.ts';

const MINUTE_MS = 60_000;
/** No bound comes back slower: a longer time is a date in the wrong unit, or nothing that anybody can wait for, ms. */
const LONGEST_RESET_MS = 60 * MINUTE_MS;

export interface BucketReport {
  readonly limit: number;
  /** Below 0 when an answer took more than was thought. */
  readonly left: number;
}

export class Bucket {
  readonly #clock: Clock;
  readonly #perMinute: number | undefined;
  #limit: number;
  #left: number;
  /** What comes back in 1 ms. */
  #rate: number;
  #at: number;

  constructor(clock: Clock, perMinute?: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
    this.#limit = perMinute ?? Infinity;
    this.#left = this.#limit;
    this.#rate = (perMinute ?? 0) / MINUTE_MS;
    this.#at = clock.monotonic();
  }

  /** Undefined while there is no bound. */
  get report(): BucketReport | undefined {
    if (this.#limit === Infinity) return undefined;
    this.#fill();
    return { limit: this.#limit, left: Math.floor(this.#left) };
  }

  /** How long until `amount` can be taken, ms; 0: now. More than the whole can be taken when it is full. */
  waitMs(amount: number): number {
    if (this.#limit === Infinity) return 0;
    this.#fill();
    const missing = Math.min(amount, this.#limit) - this.#left;
    if (missing <= 0) return 0;
    return this.#rate === 0 ? Infinity : Math.ceil(missing / this.#rate);
  }

  take(amount: number): void {
    this.#left -= amount;
  }

  /** What was taken turned out to be `more` than was thought. What the provider says has that in it already. */
  correct(more: number): void {
    if (this.#perMinute !== undefined) this.#left = Math.min(this.#limit, this.#left - more);
  }

  /** The provider says what is left. */
  hear({ limit, remaining, resetMs }: Allowance): void {
    this.#fill();
    if (this.#perMinute !== undefined) {
      this.#left = Math.min(this.#left, remaining);
      return;
    }
    this.#limit = limit;
    this.#left = Math.min(limit, remaining);
    const inMs = Math.min(LONGEST_RESET_MS, Math.max(1, resetMs));
    // A full one says nothing about how fast it fills; most are per minute.
    this.#rate = this.#left === limit ? limit / MINUTE_MS : (limit - this.#left) / inMs;
  }

  /** There is no bound until the provider says one again. What is configured stays, and so does what was taken of it. */
  forget(): void {
    if (this.#perMinute !== undefined) return;
    this.#limit = Infinity;
    this.#left = Infinity;
    this.#rate = 0;
  }

  #fill(): void {
    const now = this.#clock.monotonic();
    if (this.#left < this.#limit)
      this.#left = Math.min(this.#limit, this.#left + (now - this.#at) * this.#rate);
    this.#at = now;
  }
}
