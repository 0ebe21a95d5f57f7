// What each identity may still use, on all its connections together. What comes back with time says when.
import type { Clock } from '../base/index.ts';
import { CarrelError, type DaemonLimits } from '../protocol/index.ts';
import { Bucket } from './bucket.ts';
import { OWNER_NAME, type Identity } from './identity.ts';

/** The owner may so many times what a token may: a bound for programs that run wild. */
const OWNER_TIMES = 100;
/** Of a rate, what may come at once. */
const BURST_SECONDS = 10;
const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const MIB = 1024 * 1024;
/** Tokens are made and revoked; what nobody uses is forgotten above so many. */
const MAX_IDLE = 1000;
const SOON_MS = 1000;

export class Allowances {
  readonly #limits: DaemonLimits;
  readonly #clock: Clock;
  readonly #all = new Map<string, Allowance>();

  constructor(limits: DaemonLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  of({ name }: Identity): Allowance {
    const known = this.#all.get(name);
    if (known !== undefined) return known;
    if (this.#all.size >= MAX_IDLE)
      for (const [other, allowance] of this.#all) if (allowance.isUnused) this.#all.delete(other);
    const made = new Allowance(this.#limits, this.#clock, name);
    this.#all.set(name, made);
    return made;
  }
}

/** Every refusal names the setting and, where waiting helps, `retryAfterMs`. */
export class Allowance {
  readonly #connections: Count;
  readonly #follows: Count;
  readonly #calls: Count;
  readonly #requests: Rate;
  readonly #endings: Rate;
  readonly #sessions: Rate;
  readonly #stored: Rate;

  constructor(limits: DaemonLimits, clock: Clock, name: string) {
    const times = name === OWNER_NAME ? OWNER_TIMES : 1;
    const count = (key: keyof DaemonLimits, what: string): Count =>
      new Count({ key, what, most: limits[key] * times });
    const rate = (key: keyof DaemonLimits, what: string, { unit = 1, seconds = 1, perMs = 1 }): Rate => {
      const each = limits[key] * times * unit;
      return new Rate({ key, what, most: each * seconds, eachMs: perMs / each, clock });
    };
    const often = { seconds: BURST_SECONDS, perMs: SECOND };
    this.#connections = count('tokenConnections', 'connections and streams');
    this.#calls = count('tokenConnections', 'calls by POST at work');
    this.#follows = count('tokenFollows', 'follows');
    this.#requests = rate('tokenRequestsPerSecond', 'requests a second', often);
    this.#endings = rate('tokenRequestsPerSecond', 'cancels and answers a second', often);
    this.#sessions = rate('tokenSessionsPerHour', 'sessions an hour', { perMs: HOUR });
    this.#stored = rate('tokenStoredMbPerDay', 'bytes a day', { unit: MIB, perMs: DAY });
  }

  get isUnused(): boolean {
    const counts = [this.#connections, this.#calls, this.#follows];
    const rates = [this.#requests, this.#endings, this.#sessions, this.#stored];
    return counts.every((one) => one.used === 0) && rates.every((one) => one.isFull);
  }

  connect(): Disposable {
    return this.#connections.take();
  }

  /** One that is at work by itself, without a connection that bounds it. */
  call(): Disposable {
    return this.#calls.take();
  }

  follow(): Disposable {
    return this.#follows.take();
  }

  /** `ends`: it stops or frees something, and no number of others keeps it waiting. */
  request(ends: boolean): void {
    (ends ? this.#endings : this.#requests).take(1);
  }

  createSession(): void {
    this.#sessions.take(1);
  }

  store(bytes: number): void {
    this.#stored.take(bytes);
  }
}

interface Bound {
  readonly key: keyof DaemonLimits;
  readonly what: string;
  readonly most: number;
}

class Count {
  readonly #bound: Bound;
  used = 0;

  constructor(bound: Bound) {
    this.#bound = bound;
  }

  take(): Disposable {
    const { key, what, most } = this.#bound;
    if (this.used >= most)
      throw new CarrelError(
        'overloaded',
        `you have ${String(most)} ${what}, and may have no more (limits.${key}): end one first`,
        { data: { limit: most, key: `limits.${key}`, retryAfterMs: SOON_MS } },
      );
    this.used++;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.used--;
        isHeld = false;
      },
    };
  }
}

class Rate {
  readonly #bound: Bound;
  readonly #bucket: Bucket;

  constructor(options: Bound & { readonly eachMs: number; readonly clock: Clock }) {
    this.#bound = options;
    this.#bucket = new Bucket(options);
  }

  get isFull(): boolean {
    return this.#bucket.isFull;
  }

  take(much: number): void {
    const waitMs = this.#bucket.take(much);
    if (waitMs === 0) return;
    const { key, what, most } = this.#bound;
    const message = `you have used up your ${what} (limits.${key})`;
    if (waitMs === Infinity)
      throw new CarrelError(
        'limit_reached',
        `${message}: ${String(much)} at once is more than ${String(most)}`,
        {
          data: { limit: most, key: `limits.${key}` },
        },
      );
    throw new CarrelError('overloaded', `${message}: try again in ${String(Math.ceil(waitMs / SECOND))} s`, {
      data: { limit: most, key: `limits.${key}`, retryAfterMs: waitMs },
    });
  }
}
