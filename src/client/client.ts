import { newId, systemClock, systemRandom, type Clock, type Random } from '../base/index.ts';
import type {
  InboxItem,
  Link,
  ListFrom,
  ListItem,
  ParamsOf,
  ResultOf,
  SessionPage,
  SessionSummary,
} from '../protocol/index.ts';
import { ClientConsumer } from './consumer.ts';
import { ClientSession } from './session.ts';

export interface ClientOptions {
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Rows of a page of the list, when nobody says. */
const PAGE = 50;

/** A host, near or far. Whatever it refuses rejects with a `CarrelError`: branch on its `code`. */
export class Client implements AsyncDisposable {
  /** For the methods that have no word of their own here. */
  readonly link: Link;
  readonly #newCommandId: () => string;

  /** Closing the client closes the link. */
  constructor(link: Link, { clock = systemClock, random = systemRandom }: ClientOptions = {}) {
    this.link = link;
    this.#newCommandId = () => newId('cmd', clock.now(), random);
  }

  /** Resolves when the session is durable. With a `key`, asking again gives the same one. */
  async create(options: ParamsOf<'session/create'>): Promise<ClientSession> {
    return this.session((await this.link.call('session/create', options)).session);
  }

  /** Asks nothing: where there is no such session, what is asked of it is `not_found`. */
  session(id: string): ClientSession {
    return new ClientSession(id, this.link, this.#newCommandId);
  }

  /** A page of rows; its `next` is the `after` of the following one. */
  list(query: Partial<ParamsOf<'session/list'>> = {}): Promise<SessionPage> {
    return this.link.call('session/list', { limit: PAGE, ...query });
  }

  /** What a session spawned, oldest first. */
  children(session: string): Promise<readonly SessionSummary[]> {
    return this.link.call('session/children', { session });
  }

  /** The rows of all sessions and then those that change; from the place of a `current` only what changed since. */
  followList({
    signal,
    ...from
  }: ListFrom & { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<ListItem> {
    return this.link.followList(from, signal === undefined ? {} : { signal });
  }

  /** A named place in the feed of all events, which the host keeps while nobody is there. */
  consumer(name: string): ClientConsumer {
    return new ClientConsumer(name, this.link);
  }

  /** What waits for a human. */
  inbox(): Promise<readonly InboxItem[]> {
    return this.link.call('inbox/list', {});
  }

  /** Numbers of the host. */
  inspect(): Promise<ResultOf<'host/inspect'>> {
    return this.link.call('host/inspect', {});
  }

  /** Removes a session and all that it spawned for good; `conflict` while one of them works. */
  erase(session: string): Promise<ResultOf<'session/erase'>> {
    return this.link.call('session/erase', { session });
  }

  /** Ends what is followed; calls that wait reject with `cancelled`. The host and its sessions go on. */
  async close(): Promise<void> {
    await this.link[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
