// Who gets in. A right token never waits; a wrong one is answered late, is written down, and only so many are looked at at once.
import { sleep, type Clock } from '../base/index.ts';
import { CarrelError } from '../protocol/index.ts';
import type { Failures } from './failures.ts';
import { hasExpired, type Identity } from './identity.ts';
import type { KnownTokens } from './known-tokens.ts';

/** The first failure waits this long, and each one soon after it twice as long as the one before. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2000;
/** After this long without one, failures begin anew. */
const FORGOTTEN_MS = 60_000;
/** Failures being answered at once; more are refused without a look. */
const MAX_FAILING = 16;

export interface GateOptions {
  readonly tokens: KnownTokens;
  readonly failures: Failures;
  readonly clock: Clock;
}

export class Gate {
  readonly #options: GateOptions;
  #failing = 0;
  #failures = 0;
  #lastFailureMs = -Infinity;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /**
   * `unauthorized` without a valid token, `overloaded` when too many were wrong at once. `via` says how they came, for the log. Nothing
   * that is said here depends on what is wrong with files: whoever asks is not known yet.
   */
  async admit(token: string | undefined, via: string): Promise<Identity> {
    const { tokens, failures, clock } = this.#options;
    const known = token === undefined ? undefined : tokens.find(token);
    if (known !== undefined && !this.#isOver(known)) return known;
    if (this.#failing >= MAX_FAILING) {
      await failures.note({ who: 'unknown', what: via, result: 'overloaded' });
      const data = { limit: MAX_FAILING, retryAfterMs: LONGEST_WAIT_MS };
      throw new CarrelError('overloaded', 'too many wrong tokens at once: try again later', { data });
    }
    this.#failing++;
    try {
      const identity = token === undefined ? undefined : this.#findAnew(token);
      if (identity !== undefined && !this.#isOver(identity)) return identity;
      const noted = failures.note({ who: identity?.name ?? 'unknown', what: via, result: 'unauthorized' });
      await Promise.all([noted, sleep(clock, this.#waitMs())]);
      throw refusal(token, identity);
    } finally {
      this.#failing--;
    }
  }

  /** After reading the files: another process may just have made it. What is wrong with them is for whoever watches them to tell. */
  #findAnew(token: string): Identity | undefined {
    const { tokens } = this.#options;
    try {
      tokens.refresh();
    } catch {
      return tokens.find(token);
    }
    return tokens.find(token);
  }

  #isOver(identity: Identity): boolean {
    return hasExpired(identity, this.#options.clock.now());
  }

  #waitMs(): number {
    const nowMs = this.#options.clock.monotonic();
    if (nowMs - this.#lastFailureMs > FORGOTTEN_MS) this.#failures = 0;
    this.#lastFailureMs = nowMs;
    return Math.min(FIRST_WAIT_MS * 2 ** this.#failures++, LONGEST_WAIT_MS);
  }
}

function refusal(token: string | undefined, identity: Identity | undefined): CarrelError {
  if (token === undefined)
    return new CarrelError('unauthorized', 'there is no token: send the one of this home, or ask for one');
  if (identity === undefined)
    return new CarrelError(
      'unauthorized',
      'the token is not one of this home, or was revoked: ask for another',
    );
  return new CarrelError('unauthorized', `the token ${identity.name} has expired: ask for another`);
}
