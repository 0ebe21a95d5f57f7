// The calls of the methods table, carried out by a host of this process. A transport puts it behind a socket; a client may also
// hold it directly. Parameters are what the table says: whoever takes them from outside has checked them.
import { Flat, newId, type Clock, type Random } from '../base/index.ts';
import {
  CarrelError,
  type Command,
  type CommandReply,
  type CommandType,
  type FollowFrom,
  type ListFrom,
  type ListItem,
  type Link,
  type Method,
  type ParamsOf,
  type ResultOf,
  type SubtreeFrom,
  type ViewItem,
} from '../protocol/index.ts';
import { attributed } from './attributed.ts';
import { equipmentHandlers } from './equipment-link.ts';
import { Opened } from './opened.ts';
import type { Host } from './port.ts';

export interface NearLinkOptions {
  /**
   * Whose commands these are: ids of commands and keys of creates are of one identity, and journals name it as who sent them.
   * Left out, the host's owner, who says itself in whose name a command comes.
   */
  readonly identity?: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** Whose consumers those of the host's owner are. */
const OWN = 'owner';

type Handlers = { readonly [M in Method]: (params: ParamsOf<M>) => Promise<ResultOf<M>> };
type CommandParams = { readonly session: string; readonly id?: string | undefined };

export interface NearLink extends Link {
  /** What `follow` gives, as it comes together: a promise for each batch instead of several for each item. One `next` at a time. */
  batches(
    session: string,
    from?: FollowFrom,
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterator<readonly ViewItem[]>;
  /** What `followSubtree` gives, in the same way. */
  subtreeBatches(
    session: string,
    from?: SubtreeFrom,
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterator<readonly ViewItem[]>;
  /** What `followList` gives, in the same way. */
  listBatches(
    from?: ListFrom,
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterator<readonly ListItem[]>;
}

/** Closing it closes nothing of the host. */
export function nearLink(host: Host, options: NearLinkOptions): NearLink {
  return new HostLink(host, options);
}

class HostLink implements NearLink {
  readonly #host: Host;
  readonly #options: NearLinkOptions;
  readonly #handlers: Handlers;
  readonly #closed = new AbortController();

  constructor(host: Host, options: NearLinkOptions) {
    this.#host = host;
    this.#options = options;
    this.#handlers = { ...this.#reads(), ...this.#commands() };
  }

  async call<M extends Method>(
    method: M,
    params: ParamsOf<M>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<ResultOf<M>> {
    signal?.throwIfAborted();
    this.#closed.signal.throwIfAborted();
    return this.#handlers[method](params);
  }

  follow(
    session: string,
    from: FollowFrom = {},
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<ViewItem> {
    return new Flat(this.batches(session, from, options));
  }

  batches(
    session: string,
    from: FollowFrom = {},
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncIterator<readonly ViewItem[]> {
    return new Opened(() => this.#open(session, from, signal));
  }

  followSubtree(...from: Parameters<NearLink['followSubtree']>): AsyncIterableIterator<ViewItem> {
    return new Flat(this.subtreeBatches(...from));
  }

  subtreeBatches(
    session: string,
    from: SubtreeFrom = {},
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncIterator<readonly ViewItem[]> {
    return new Opened(async () => {
      await this.#host.session(session);
      return this.#host.subtreeBatches(session, { ...from, signal: this.#either(signal) });
    });
  }

  followList(...from: Parameters<NearLink['followList']>): AsyncIterableIterator<ListItem> {
    return new Flat(this.listBatches(...from));
  }

  listBatches(
    from: ListFrom = {},
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncIterator<readonly ListItem[]> {
    return this.#host.listBatches({ ...from, signal: this.#either(signal) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new CarrelError('cancelled', 'The link is closed.'));
    await Promise.resolve();
  }

  async #open(
    id: string,
    { cursor, after = 0, parts = {} }: FollowFrom,
    signal: AbortSignal | undefined,
  ): Promise<AsyncIterator<readonly ViewItem[]>> {
    const session = await this.#host.session(id);
    const { seq } = await session.summary();
    if (after > seq) {
      const message = `There is no event ${String(after)} in session ${id} yet: read again from ${String(seq)}.`;
      throw new CarrelError('cursor_invalid', message, { data: { session: id, common: seq } });
    }
    return session.batches({
      ...(cursor === undefined ? { after, parts } : { cursor }),
      signal: this.#either(signal),
    });
  }

  #either(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal]);
  }

  #reads(): Omit<Handlers, CommandType> {
    const host = this.#host;
    const who = this.#options.identity ?? OWN;
    return {
      ...equipmentHandlers(host),
      'session/create': async (options) => {
        const { identity } = this.#options;
        return (await host.create(defined(options) as Parameters<Host['create']>[0], identity)).summary();
      },
      'session/list': (query) => host.list(defined(query) as Parameters<Host['list']>[0]),
      'session/get': async ({ session }) => (await host.session(session)).summary(),
      'session/children': ({ session }) => host.children(session),
      'session/events': async ({ session, ...range }) => (await host.session(session)).events(range),
      'session/cursor': async ({ session, seq }) => (await host.session(session)).cursor(seq),
      'context/get': async ({ session, ...page }) => (await host.session(session)).context(page),
      'session/erase': ({ session }) => host.erase(session),
      'session/credentials': async ({ session, provider, apiKey }) => {
        await host.setCredentials(session, provider, apiKey === null ? undefined : { apiKey });
        return {};
      },
      'inbox/list': () => host.inbox(),
      'consumer/create': (params) => host.consumers.create(who, params),
      'consumer/list': () => host.consumers.list(who),
      'consumer/read': (params) => host.consumers.read(who, params),
      'consumer/ack': (params) => host.consumers.ack(who, params),
      'consumer/delete': (params) => host.consumers.delete(who, params),
      'host/inspect': async () => ({ ...host.inspect(), counts: await host.counts() }),
    };
  }

  /** Every command is carried out in the same way. */
  #commands(): Pick<Handlers, CommandType> {
    const run = (type: CommandType) => (params: CommandParams) => this.#command(type, params);
    return {
      'input/send': run('input/send'),
      'input/withdraw': run('input/withdraw'),
      'turn/cancel': run('turn/cancel'),
      'turn/continue': run('turn/continue'),
      'approval/resolve': run('approval/resolve'),
      'context/add': run('context/add'),
      'context/compact': run('context/compact'),
      'context/uncompact': run('context/uncompact'),
      'budget/raise': run('budget/raise'),
      'session/rename': run('session/rename'),
      'session/tag': run('session/tag'),
      'session/configure': run('session/configure'),
      'session/archive': run('session/archive'),
      'session/restore': run('session/restore'),
      'session/revive': run('session/revive'),
    };
  }

  async #command(type: CommandType, { session, id, ...body }: CommandParams): Promise<CommandReply> {
    const { clock, random, identity } = this.#options;
    const said = identity === undefined ? body : attributed(type, body, identity);
    const command = { ...said, type, id: id ?? newId('cmd', clock.now(), random) } as unknown as Command;
    return (await this.#host.session(session)).command(command, identity);
  }
}

/** Without the members that are there and undefined. */
function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
