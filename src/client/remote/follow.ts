// What one viewer reads over connections that come and go. The reader pulls: a subscription is begun when it wants more and none is
// there, from the place that it has reached, so a lost connection and a full queue are the same thing and need no task of their own.
import { deferred, sleep, type Clock, type Deferred } from '../../base/index.ts';
import { CarrelError, ERRORS, type FollowItem } from '../../protocol/index.ts';
import type { Sink, Wanted } from './connection.ts';
import type { Patience } from './patience.ts';
import type { Reading } from './reading.ts';

/** UTF-16 units that wait for their reader; above it the subscription is stopped until they are read. As much as a host keeps for one. */
const MAX_QUEUED = 1024 * 1024;

type Batch<T> = IteratorResult<readonly T[]>;

export interface FollowOptions<T extends FollowItem> {
  readonly reading: Reading<T>;
  /** Ends it at once. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly patience: Patience;
  /** Resolves once the sink was told that it began; with an error when the host refuses. */
  readonly subscribe: (wanted: Wanted, signal: AbortSignal) => Promise<CarrelError | undefined>;
}

/** Items in batches; one `next` at a time. */
export class RemoteFollow<T extends FollowItem> implements AsyncIterator<readonly T[]>, Sink {
  readonly #options: FollowOptions<T>;
  #queue: { readonly items: readonly T[]; readonly units: number }[] = [];
  #queued = 0;
  #stop: (() => void) | undefined;
  #begun = 0;
  #pauseMs = 0;
  #wake: Deferred<void> | undefined;
  /** Nothing comes behind what is queued. */
  #end: { readonly error?: CarrelError } | undefined;

  constructor(options: FollowOptions<T>) {
    this.#options = options;
    options.signal.addEventListener('abort', this.#leave, { once: true });
  }

  async next(): Promise<Batch<T>> {
    try {
      for (;;) {
        if (this.#options.signal.aborted) this.#leave();
        const items = this.#take();
        if (items !== undefined) return { done: false, value: items };
        if (this.#end?.error !== undefined) throw this.#end.error;
        if (this.#end !== undefined) return { done: true, value: undefined };
        await (this.#stop === undefined ? this.#subscribe() : this.#more());
      }
    } catch (error) {
      this.#leave();
      if (this.#options.signal.aborted) return { done: true, value: undefined };
      throw error;
    }
  }

  return(): Promise<Batch<T>> {
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  began(stop: () => void): void {
    this.#begun++;
    this.#options.patience.worked();
    if (this.#end === undefined) this.#stop = stop;
    else stop();
  }

  items(items: readonly FollowItem[], units: number): void {
    if (this.#queued > MAX_QUEUED) {
      this.#stop?.();
      this.#stop = undefined;
      return;
    }
    this.#options.patience.reset();
    // What a subscription gives is what was asked for.
    const news = this.#options.reading.take(items as readonly T[]);
    if (news.length === 0) return;
    this.#queued += units;
    this.#queue.push({ items: news, units });
    this.#wake?.resolve();
  }

  /** An end that the reader did not ask for is its end only when the session is gone: hosts stop, and come back. */
  ended(error?: CarrelError): void {
    this.#stop = undefined;
    if (error !== undefined && ERRORS[error.code].retry !== 'later') {
      this.#end = error.code === 'not_found' && this.#begun > 1 ? {} : { error };
    } else {
      const pauseMs = this.#options.patience.next(retryAfterMs(error));
      if (pauseMs === undefined) this.#end = { error: error ?? endsAgain(this.#options.reading.what) };
      else this.#pauseMs = pauseMs;
    }
    this.#wake?.resolve();
  }

  lost(): void {
    this.#stop = undefined;
    this.#wake?.resolve();
  }

  #take(): readonly T[] | undefined {
    const next = this.#queue.shift();
    this.#queued -= next?.units ?? 0;
    return next?.items;
  }

  async #subscribe(): Promise<void> {
    const { clock, reading, signal, subscribe } = this.#options;
    if (this.#pauseMs > 0) await sleep(clock, this.#pauseMs, signal);
    this.#pauseMs = 0;
    const wanted = { method: reading.method, params: reading.params(), sink: this };
    const refused = await subscribe(wanted, signal);
    if (refused !== undefined) this.ended(refused);
  }

  async #more(): Promise<void> {
    this.#wake = deferred<void>();
    await this.#wake.promise;
    this.#wake = undefined;
  }

  readonly #leave = (): void => {
    this.#options.signal.removeEventListener('abort', this.#leave);
    this.#end = {};
    this.#queue = [];
    this.#queued = 0;
    this.#stop?.();
    this.#stop = undefined;
    this.#wake?.resolve();
  };
}

function retryAfterMs(error: CarrelError | undefined): number {
  const ms = error?.data['retryAfterMs'];
  return typeof ms === 'number' ? ms : 0;
}

function endsAgain(what: string): CarrelError {
  const message = `The host ends the following of ${what} again and again without saying why: look at its logs.`;
  return new CarrelError('host_unavailable', message);
}
