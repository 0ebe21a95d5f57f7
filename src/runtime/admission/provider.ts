// What all sessions of a host share of one provider: its slots, what it allows in a time, and whether it is there at all. A request
// waits in one queue for all of it.
import type { Clock } from '../../base/index.ts';
import type { RateLimits } from '../../model/index.ts';
import { CarrelError } from '../../protocol/index.ts';
import { Breaker, type BreakerReport } from './breaker.ts';
import { Bucket, type BucketReport } from './bucket.ts';
import { outcomeOf, type Ended, type Outcome } from './outcome.ts';
import { overloaded, postponed } from './refusals.ts';
import type { Slot } from './slot.ts';
import { Slots, type SlotLimits, type SlotReport } from './slots.ts';
import type { HeldSlot } from './watchdog.ts';

/** What a provider is asked at most, of all sessions; what is left out the provider's own answers say. */
export interface Rates {
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
}

export interface ProviderReport extends SlotReport {
  readonly breaker: BreakerReport;
  /** Where there is a bound that is known. */
  readonly requests?: BucketReport;
  readonly tokens?: BucketReport;
  /** The provider asked to be left alone for so long, ms from now. */
  readonly pausedMs?: number;
}

/** The right to one request. */
export interface Permit extends Disposable {
  /** The provider says what is left. */
  limits(said: RateLimits): void;
  /** The answer has begun: the provider is there, whatever becomes of the rest. */
  answered(): void;
  /** Says how the request ended; left out when it was stopped. */
  ended(how: Ended): void;
}

/** The provider's word holds for all sessions, but no longer than this: then it is asked again whatever it said, ms. */
const LONGEST_PAUSE_MS = 60 * 60_000;
/** For so long a request waits in the queue for its provider, ms; longer ones come again, so that their turns hold no slot. */
const SOON_MS = 1_000;
/** One that waits for another to find out is called as soon as that has; when not, it looks after so long itself, ms. */
const LOOK_MS = 30_000;
/** Weight of the newest request in what the next one is thought to take. */
const WEIGHT = 1 / 4;

export interface Requester {
  readonly session: string;
  /** How long the same request was postponed before; together with what it has to wait it has a bound. */
  readonly waitedMs?: number;
}

export interface ProviderOptions {
  readonly limits: SlotLimits;
  readonly rates: Rates;
  readonly clock: Clock;
}

export class Provider implements Disposable {
  readonly #name: string;
  readonly #limits: SlotLimits;
  readonly #clock: Clock;
  readonly #breaker: Breaker;
  readonly #requests: Bucket;
  readonly #tokens: Bucket;
  readonly #slots: Slots;
  /** Those who are to come again. */
  readonly #postponed = new Set<() => void>();
  #pausedUntil = 0;
  /** Tokens that a request is thought to take, from those before it. */
  #expected = 0;

  constructor(name: string, { limits, rates, clock }: ProviderOptions) {
    this.#name = name;
    this.#limits = limits;
    this.#clock = clock;
    this.#breaker = new Breaker(clock);
    this.#requests = new Bucket(clock, rates.requestsPerMinute);
    this.#tokens = new Bucket(clock, rates.tokensPerMinute);
    this.#slots = new Slots(limits, clock);
  }

  get held(): readonly HeldSlot[] {
    return this.#slots.held;
  }

  get report(): ProviderReport {
    const { report: requests } = this.#requests;
    const { report: tokens } = this.#tokens;
    const pausedMs = this.#pausedMs;
    return {
      ...this.#slots.report,
      breaker: this.#breaker.report,
      ...(requests === undefined ? {} : { requests }),
      ...(tokens === undefined ? {} : { tokens }),
      ...(pausedMs === 0 ? {} : { pausedMs }),
    };
  }

  /**
   * Waits its turn. Rejects with `provider_failed` while the provider is left alone, with `overloaded` when it would wait too long
   * or is to come again (`postponement`), or with the signal's reason.
   */
  async enter({ session, waitedMs = 0 }: Requester, signal: AbortSignal): Promise<Permit> {
    let taken: Taken | undefined;
    const take = (): number | CarrelError => {
      const allowed = this.#allows(waitedMs);
      if (allowed === 0) taken = this.#begin();
      return allowed;
    };
    const slot = await this.#slots.acquire({ session, looked: true, take }, signal);
    return this.#permit(slot, taken ?? this.#begin());
  }

  /** Asks the provider again, whatever was thought of it and whatever it asked for. */
  reset(): void {
    this.#breaker.reset();
    this.#requests.forget();
    this.#tokens.forget();
    this.#pausedUntil = 0;
    this.#callAll();
  }

  /** Calls `again` then, or before, when what the provider takes changed in a way that could not be foreseen. */
  postpone(inMs: number, again: () => void): Disposable {
    const call = (): void => {
      drop();
      again();
    };
    const timer = this.#clock.after(inMs, call);
    const drop = (): void => {
      timer[Symbol.dispose]();
      this.#postponed.delete(call);
    };
    this.#postponed.add(call);
    return { [Symbol.dispose]: drop };
  }

  [Symbol.dispose](): void {
    this.#slots[Symbol.dispose]();
  }

  get #pausedMs(): number {
    return Math.max(0, Math.ceil(this.#pausedUntil - this.#clock.monotonic()));
  }

  /** 0, or how long to wait, ms, or the refusal of one who need not wait for it. */
  #allows(waitedMs: number): number | CarrelError {
    const { retryAfterMs } = this.#breaker;
    if (retryAfterMs !== undefined) return leftAlone(this.#name, this.#breaker.report.failures, retryAfterMs);
    const waitMs = this.#waitMs;
    if (waitMs === 0) return 0;
    if (waitedMs + waitMs > this.#limits.waitMs) return tooLong(this.#limits, waitMs);
    return waitMs > SOON_MS ? postponed({ ...this.#limits, retryAfterMs: waitMs }, this.#name) : waitMs;
  }

  get #waitMs(): number {
    const { probingMs } = this.#breaker;
    if (probingMs !== undefined) return probingMs < SOON_MS ? Math.ceil(SOON_MS - probingMs) : LOOK_MS;
    return Math.max(this.#pausedMs, this.#requests.waitMs(1), this.#tokens.waitMs(this.#expected));
  }

  #begin(): Taken {
    const tokens = this.#expected;
    this.#requests.take(1);
    this.#tokens.take(tokens);
    return { tokens, tell: this.#breaker.begin() };
  }

  #callAll(): void {
    this.#slots.serve();
    const calls = new Set(this.#postponed);
    for (const call of calls) call();
  }

  #permit(slot: Slot, { tokens, tell }: Taken): Permit {
    let outcome: Outcome = 'unknown';
    const found = (what: Outcome): void => {
      const probing = this.#breaker.probingMs !== undefined;
      tell(what);
      if (probing && this.#breaker.probingMs === undefined) this.#callAll();
    };
    return {
      limits: ({ requests: said, tokens: saidTokens }) => {
        if (said !== undefined) this.#requests.hear(said);
        if (saidTokens !== undefined) this.#tokens.hear(saidTokens);
      },
      answered: () => found('up'),
      ended: (how) => {
        outcome = outcomeOf(how);
        this.#settle(how, tokens);
      },
      [Symbol.dispose]: () => {
        found(outcome);
        slot[Symbol.dispose]();
      },
    };
  }

  #settle(how: Ended, thought: number): void {
    if ('usage' in how) {
      const used = how.usage.input + how.usage.output;
      this.#expected = this.#expected === 0 ? used : this.#expected + (used - this.#expected) * WEIGHT;
      this.#tokens.correct(used - thought);
      return;
    }
    this.#tokens.correct(-thought);
    const pauseMs = Math.min(LONGEST_PAUSE_MS, how.failure.retryAfterMs ?? 0);
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.monotonic() + pauseMs);
  }
}

/** What one request took from what all share. */
interface Taken {
  readonly tokens: number;
  readonly tell: (outcome: Outcome) => void;
}

function leftAlone(name: string, failures: number, retryAfterMs: number): CarrelError {
  return new CarrelError(
    'provider_failed',
    `The provider ${name} failed ${String(failures)} times in a row and is left alone: it is asked again in ${String(retryAfterMs)} ms.`,
    { data: { reason: 'left_alone', provider: name, failures, retryAfterMs } },
  );
}

function tooLong({ level, what, capacity, waitMs }: SlotLimits, neededMs: number): CarrelError {
  const retryAfterMs = Math.min(LONGEST_PAUSE_MS, neededMs);
  const why = `the provider allows none for so long, and ${String(waitMs)} ms is the longest wait (limits.waitMs)`;
  return overloaded({ level, what, capacity, retryAfterMs }, why);
}
