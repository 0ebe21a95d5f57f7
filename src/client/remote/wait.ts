import type { Clock } from '../../base/index.ts';
import { CarrelError } from '../../protocol/index.ts';

/** The promise, or a rejection with the signal's reason; the promise is left to itself then. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Who waits for an answer: until its signal aborts, and longer while the other side is at work on it. */
export interface Waiting {
  readonly signal: AbortSignal;
  /** The call showed life. Never after its answer, nor after the abort. */
  readonly alive?: () => void;
}

export interface DeadlineOptions {
  readonly clock: Clock;
  /** From its start, and from each sign of life. */
  readonly ms: number;
  /** From its start, whatever shows life; default `ms`. */
  readonly mostMs?: number;
  readonly what: string;
  readonly signals: readonly AbortSignal[];
}

/** Aborts with the first of the signals, or with `timeout` after a while; dispose it when nobody waits any more. */
export class Deadline implements Disposable, Waiting {
  readonly signal: AbortSignal;
  readonly #options: DeadlineOptions;
  readonly #late = new AbortController();
  readonly #beganMs: number;
  #timer: Disposable;

  constructor(options: DeadlineOptions) {
    this.#options = options;
    this.#beganMs = options.clock.monotonic();
    this.signal = AbortSignal.any([this.#late.signal, ...options.signals]);
    this.#timer = this.#wait(`within ${String(options.ms)} ms`);
  }

  readonly alive = (): void => {
    this.#timer[Symbol.dispose]();
    this.#timer = this.#wait(`and showed no life for ${String(this.#options.ms)} ms`);
  };

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #wait(soonest: string): Disposable {
    const { clock, ms, mostMs = ms, what } = this.#options;
    const leftMs = this.#beganMs + mostMs - clock.monotonic();
    const why = leftMs < ms ? `within ${String(mostMs)} ms` : soonest;
    return clock.after(Math.max(0, Math.min(ms, leftMs)), () =>
      this.#late.abort(new CarrelError('timeout', `${what} was not answered ${why}.`)),
    );
  }
}
