// What one viewer reads over connections that come and go. The reader pulls: a subscription is begun when it wants more and none is
// there, from the place that it has reached, so a lost connection and a full queue are the same thing and need no task of their own.
import { deferred, sleep, type Clock, type Deferred } from '../../base/index.ts';
import { CarrelError, ERRORS, type FollowFrom, type ViewItem } from '../../protocol/index.ts';
import { Place } from '../../session/index.ts';
import type { Sink } from './connection.ts';
import type { Patience } from './patience.ts';

/** UTF-16 units that wait for their reader; above it the subscription is stopped until they are read. As much as a host keeps for one. */
const MAX_QUEUED = 1024 * 1024;

type Batch = IteratorResult<readonly ViewItem[]>;

export interface FollowOptions {
  readonly session: string;
  readonly from: FollowFrom;
  /** Ends it at once. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly patience: Patience;
  /** Resolves once the sink was told that it began; with an error when the host refuses. */
  readonly subscribe: (params: object, sink: Sink, signal: AbortSignal) => Promise<CarrelError | undefined>;
}

/** Items in batches; one `next` at a time. */
export class RemoteFollow implements AsyncIterator<readonly ViewItem[]>, Sink {
  readonly #options: FollowOptions;
  readonly #place: Place;
  /** Of no use once something was seen: then the place is. */
  #from: FollowFrom | undefined;
  #queue: { readonly items: readonly ViewItem[]; readonly units: number }[] = [];
  #queued = 0;
  #stop: (() => void) | undefined;
  #begun = 0;
  #pauseMs = 0;
  #wake: Deferred<void> | undefined;
  /** Nothing comes behind what is queued. */
  #end: { readonly error?: CarrelError } | undefined;

  constructor(options: FollowOptions) {
    const { cursor, after = 0, parts = {} } = options.from;
    this.#options = options;
    this.#from = options.from;
    this.#place = new Place(cursor ?? { seq: after, parts });
    options.signal.addEventListener('abort', this.#leave, { once: true });
  }

  async next(): Promise<Batch> {
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

  return(): Promise<Batch> {
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  began(stop: () => void): void {
    this.#begun++;
    this.#options.patience.worked();
    if (this.#end === undefined) this.#stop = stop;
    else stop();
  }

  items(items: readonly ViewItem[], units: number): void {
    if (this.#queued > MAX_QUEUED) {
      this.#stop?.();
      this.#stop = undefined;
      return;
    }
    this.#options.patience.reset();
    this.#from = undefined;
    const news = this.#place.takeAll(items);
    this.#place.joined();
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
      if (pauseMs === undefined) this.#end = { error: error ?? endsAgain(this.#options.session) };
      else this.#pauseMs = pauseMs;
    }
    this.#wake?.resolve();
  }

  lost(): void {
    this.#stop = undefined;
    this.#wake?.resolve();
  }

  #take(): readonly ViewItem[] | undefined {
    const next = this.#queue.shift();
    this.#queued -= next?.units ?? 0;
    return next?.items;
  }

  async #subscribe(): Promise<void> {
    const { clock, session, signal, subscribe } = this.#options;
    if (this.#pauseMs > 0) await sleep(clock, this.#pauseMs, signal);
    this.#pauseMs = 0;
    const { seq, parts } = this.#place;
    const from = this.#from ?? { after: seq, parts: Object.fromEntries(parts) };
    const refused = await subscribe({ session, ...from }, this, signal);
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

function endsAgain(session: string): CarrelError {
  const message = `The host ends the following of session ${session} again and again without saying why: look at its logs.`;
  return new CarrelError('host_unavailable', message, { data: { session } });
}
