// A provider that is down is not asked by every session again and again: after some failures in a row it is left alone for a
// while, then asked once, and by how that ends it is asked again by all or left alone for longer.
import type { Clock } from '../../base/index.ts';
import type { Outcome } from './outcome.ts';

/** So many failures in a row open it: one more than a request is tried at most, so that one session's bad luck does not. */
const FAILURES = 4;
/** All of them within this time: a provider that fails once an hour is not down, ms. */
const WINDOW_MS = 120_000;
/** The first pause: a restart or a short outage is over by then, and a retry waits that long, ms. */
const PAUSE_MS = 30_000;
/** Each further pause is twice as long, up to this: then a provider that is back is found soon enough, ms. */
const LONGEST_PAUSE_MS = 5 * 60_000;

export interface BreakerReport {
  readonly state: 'closed' | 'open' | 'half-open';
  /** Failures in a row. */
  readonly failures: number;
  /** While open, when it will be asked again, ms from now. */
  readonly retryAfterMs?: number;
}

export class Breaker {
  readonly #clock: Clock;
  /** When the last failures in a row were, at most as many as open it. */
  #failedAt: number[] = [];
  #failures = 0;
  #pauseMs = PAUSE_MS;
  /** Set from when it opens until it closes. */
  #openUntil: number | undefined;
  /** The request that is out to find out. */
  #probe: { readonly since: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get report(): BreakerReport {
    const failures = this.#failures;
    if (this.#openUntil === undefined) return { state: 'closed', failures };
    const retryAfterMs = this.retryAfterMs;
    return retryAfterMs === undefined
      ? { state: 'half-open', failures }
      : { state: 'open', failures, retryAfterMs };
  }

  /** While it is open; undefined when a request may be made, or waits for the one that finds out. */
  get retryAfterMs(): number | undefined {
    const leftMs = (this.#openUntil ?? 0) - this.#clock.monotonic();
    return leftMs > 0 && this.#openUntil !== undefined ? Math.ceil(leftMs) : undefined;
  }

  /** For how long a request has been out to find out whether the provider is back, ms: the others wait for it. */
  get probingMs(): number | undefined {
    return this.#probe === undefined ? undefined : this.#clock.monotonic() - this.#probe.since;
  }

  /** A request is made. Gives what takes its outcome, once. */
  begin(): (outcome: Outcome) => void {
    const request = { since: this.#clock.monotonic() };
    if (this.#openUntil !== undefined) this.#probe = request;
    let told = false;
    return (outcome) => {
      if (told) return;
      told = true;
      const probe = this.#probe === request;
      if (probe) this.#probe = undefined;
      if (outcome === 'up') this.reset();
      else if (outcome === 'down') this.#failed(probe);
    };
  }

  /** Forgets all failures. A request that was to find out becomes one like all others. */
  reset(): void {
    this.#failedAt = [];
    this.#failures = 0;
    this.#pauseMs = PAUSE_MS;
    this.#openUntil = undefined;
    this.#probe = undefined;
  }

  #failed(probe: boolean): void {
    const now = this.#clock.monotonic();
    this.#failures++;
    // One that began before it opened tells nothing new.
    if (this.#openUntil !== undefined && !probe) return;
    this.#failedAt = [...this.#failedAt, now].slice(-FAILURES);
    const first = this.#failedAt[0] ?? now;
    if (!probe && (this.#failedAt.length < FAILURES || now - first > WINDOW_MS)) return;
    this.#openUntil = now + this.#pauseMs;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
  }
}
