// How fast slots come free while all are in use: what a refusal says about when to ask again. Time in which nobody would have
// had to wait says nothing about it and is left out.
import type { Clock } from '../../base/index.ts';

/** Said when nothing is known yet, ms. */
const UNKNOWN_MS = 1_000;
/** Sooner is not worth a round trip, ms. */
const SOONEST_MS = 100;
/** After a minute the figure says nothing any more: who asked should look again, ms. */
const LATEST_MS = 60_000;
/** Weight of the newest gap: about the last eight count. */
const WEIGHT = 1 / 8;

export class Pace {
  readonly #clock: Clock;
  /** Mean time between two slots that came free; undefined before the first, ms. */
  #gapMs: number | undefined;
  /** Since when all are in use and none came free. */
  #fullAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The last free slot was given. */
  full(): void {
    this.#fullAt ??= this.#clock.monotonic();
  }

  /** One came free; `full` when it is in use again already. */
  freed(): void {
    if (this.#fullAt === undefined) return;
    const gapMs = this.#clock.monotonic() - this.#fullAt;
    this.#gapMs = this.#gapMs === undefined ? gapMs : this.#gapMs + (gapMs - this.#gapMs) * WEIGHT;
    this.#fullAt = undefined;
  }

  /** When one who comes behind `ahead` others may expect a slot, whole ms. A standstill counts from its second gap on. */
  retryAfterMs(ahead: number): number {
    const quietMs = this.#fullAt === undefined ? 0 : this.#clock.monotonic() - this.#fullAt;
    const gapMs = this.#gapMs === undefined ? UNKNOWN_MS : Math.max(this.#gapMs, quietMs);
    return Math.ceil(Math.min(LATEST_MS, Math.max(SOONEST_MS, gapMs * (ahead + 1))));
  }
}
