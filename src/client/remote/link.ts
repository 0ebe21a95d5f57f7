// A host that is far away. It is connected when something is asked of it, and again when the connection was lost and something is
// wanted still; nothing runs while nobody waits but the watch over a silent connection.
import { Flat, newId, sleep, systemClock, systemRandom, type Clock, type Random } from '../../base/index.ts';
import {
  CarrelError,
  codeOf,
  ERRORS,
  type FollowFrom,
  type FollowItem,
  type Link,
  type ListFrom,
  type ListItem,
  type Method,
  type ParamsOf,
  type ResultOf,
  type SubtreeFrom,
  type ViewItem,
} from '../../protocol/index.ts';
import { Connection, type Answer, type Hello, type Wanted } from './connection.ts';
import { RemoteFollow } from './follow.ts';
import { Gate } from './gate.ts';
import { Patience } from './patience.ts';
import { listReading, sessionReading, subtreeReading, type Reading } from './reading.ts';
import { mayRepeat, repeatable } from './repeat.ts';
import { Deadline, orAborted } from './wait.ts';
import { unavailable, type Destination } from './wire.ts';

/** Calls that wait for an answer, in one client. More of them only wait for each other; a program asks in turns. */
const MAX_CALLS = 1_000;
/** Calls on their way at once: half of what a host works on for one connection, so that it refuses none of them. */
const AT_ONCE = 32;
/** They end or free something, and a host has room of its own for them: they wait for no others. */
const URGENT: ReadonlySet<Method> = new Set(['turn/cancel', 'approval/resolve']);

export interface RemoteOptions extends Hello {
  /** For one call, with all that it waits for a connection, and anew each time the host says that it is at work on it; default 60 s. */
  readonly callTimeoutMs?: number;
  /** For one call in all, whatever life it shows; default 15 min, and never less than `callTimeoutMs`. */
  readonly longestCallMs?: number;
  /** For one try to connect; default 10 s. */
  readonly connectTimeoutMs?: number;
  /** How long to try to come back after a loss before everything that waits is `host_unavailable`; default 5 min, `Infinity` for ever. What is asked later begins anew. */
  readonly giveUpAfterMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

const DEFAULTS = {
  callTimeoutMs: 60_000,
  longestCallMs: 15 * 60_000,
  connectTimeoutMs: 10_000,
  giveUpAfterMs: 5 * 60_000,
  clock: systemClock,
  random: systemRandom,
};

/**
 * Connected, or rejected with the reason after one try: `host_unavailable`, `unauthorized`, `version_mismatch`, `timeout`. Disposing
 * it ends its followers and rejects its calls with `cancelled`.
 */
export async function openRemoteLink(destination: Destination, options: RemoteOptions = {}): Promise<Link> {
  const link = new RemoteLink(destination, options);
  await link.open();
  return link;
}

class RemoteLink implements Link {
  readonly #destination: Destination;
  readonly #options: typeof DEFAULTS & Hello;
  readonly #closed = new AbortController();
  readonly #patience: Patience;
  readonly #gate = new Gate(AT_ONCE);
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;
  #calls = 0;

  constructor(destination: Destination, options: RemoteOptions) {
    this.#destination = destination;
    this.#options = { ...DEFAULTS, ...options };
    this.#patience = new Patience(this.#options);
  }

  async open(): Promise<void> {
    await this.#connect();
  }

  async call<M extends Method>(
    method: M,
    params: ParamsOf<M>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<ResultOf<M>> {
    signal?.throwIfAborted();
    this.#closed.signal.throwIfAborted();
    if (this.#calls >= MAX_CALLS) throw tooMany();
    const { clock, random } = this.#options;
    const sent = repeatable(method, params, (prefix) => newId(prefix, clock.now(), random));
    this.#calls++;
    try {
      using deadline = this.#deadline(method, this.#signals(signal));
      using _place = URGENT.has(method) ? undefined : await this.#gate.enter(deadline.signal);
      const ask = (connection: Connection): Promise<Answer> => connection.ask(method, sent, deadline);
      const answer = await this.#answer(ask, deadline.signal, mayRepeat(method));
      if (answer.kind === 'result') return answer.result as ResultOf<M>;
      throw answer.error;
    } finally {
      this.#calls--;
    }
  }

  follow(
    session: string,
    from: FollowFrom = {},
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<ViewItem> {
    return this.#follow(sessionReading(session, from), signal);
  }

  followSubtree(
    session: string,
    from: SubtreeFrom = {},
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<ViewItem> {
    return this.#follow(subtreeReading(session, from), signal);
  }

  followList(
    from: ListFrom = {},
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<ListItem> {
    return this.#follow(listReading(from), signal);
  }

  #follow<T extends FollowItem>(
    reading: Reading<T>,
    signal: AbortSignal | undefined,
  ): AsyncIterableIterator<T> {
    return new Flat(
      new RemoteFollow({
        reading,
        signal: AbortSignal.any(this.#signals(signal)),
        clock: this.#options.clock,
        patience: new Patience(this.#options),
        subscribe: (wanted, ended) => this.#subscribe(wanted, ended),
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new CarrelError('cancelled', 'The link is closed.'));
    this.#connection?.close();
    await this.#connecting?.catch(() => undefined);
  }

  #signals(signal: AbortSignal | undefined): AbortSignal[] {
    return signal === undefined ? [this.#closed.signal] : [signal, this.#closed.signal];
  }

  #deadline(what: string, signals: readonly AbortSignal[]): Deadline {
    const { clock, callTimeoutMs: ms, longestCallMs } = this.#options;
    return new Deadline({ clock, ms, mostMs: Math.max(ms, longestCallMs), what, signals });
  }

  async #subscribe(wanted: Wanted, signal: AbortSignal): Promise<CarrelError | undefined> {
    const begin = async (connection: Connection): Promise<Answer> => {
      using deadline = this.#deadline(wanted.method, [signal]);
      return await connection.follow(wanted, deadline);
    };
    const answer = await this.#answer(begin, signal, true);
    return answer.kind === 'result' ? undefined : answer.error;
  }

  /** Asks until an answer comes. What may not be repeated rejects when the connection is lost. */
  async #answer(
    ask: (connection: Connection) => Promise<Answer>,
    signal: AbortSignal,
    repeat: boolean,
  ): Promise<Answer> {
    for (;;) {
      const connection = await orAborted(this.#connected(), signal);
      const answer = await ask(connection);
      if (answer.kind !== 'lost') return answer;
      if (!repeat) throw lostInFlight(answer.error);
    }
  }

  #connected(): Promise<Connection> {
    if (this.#connection?.lost === false) return Promise.resolve(this.#connection);
    this.#connecting ??= this.#reconnect().finally(() => {
      this.#connecting = undefined;
    });
    // Whoever asked may have left meanwhile.
    this.#connecting.catch(() => undefined);
    return this.#connecting;
  }

  async #reconnect(): Promise<Connection> {
    const { clock } = this.#options;
    for (let last: unknown; ;) {
      const waitMs = this.#patience.next();
      if (waitMs === undefined) throw this.#givenUp(last);
      await sleep(clock, waitMs, this.#closed.signal);
      try {
        return await this.#connect();
      } catch (error) {
        if (ERRORS[codeOf(error)].retry !== 'later') throw error;
        last = error;
      }
    }
  }

  async #connect(): Promise<Connection> {
    const { clock, connectTimeoutMs, token, client } = this.#options;
    const { address } = this.#destination;
    this.#closed.signal.throwIfAborted();
    using deadline = new Deadline({
      clock,
      ms: connectTimeoutMs,
      what: `The connection to ${address}`,
      signals: [this.#closed.signal],
    });
    const hello = { ...(token === undefined ? {} : { token }), ...(client === undefined ? {} : { client }) };
    const connection = await Connection.open(this.#destination, hello, { clock, signal: deadline.signal });
    this.#connection = connection;
    this.#patience.worked();
    return connection;
  }

  #givenUp(last: unknown): CarrelError {
    const seconds = Math.round(this.#options.giveUpAfterMs / 1000);
    const why = last instanceof Error ? last.message : 'each connection was lost at once';
    return unavailable(this.#destination.address, `given up after ${String(seconds)} s (${why})`, last);
  }
}

function tooMany(): CarrelError {
  return new CarrelError(
    'overloaded',
    `${String(MAX_CALLS)} calls of this client wait for an answer: wait for some of them.`,
    { data: { limit: MAX_CALLS } },
  );
}

function lostInFlight(cause: CarrelError): CarrelError {
  const message =
    'The connection was lost before the answer came: look whether it was carried out before asking again.';
  return new CarrelError('host_unavailable', message, { data: cause.data, cause });
}
