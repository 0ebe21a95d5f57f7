// Durable consumers, over the feed of the store: at least once, in order, until acknowledged.
import { CarrelError, type ConsumerPage, type ConsumerRow, type ParamsOf } from '../protocol/index.ts';
import type { Scope } from '../runtime/index.ts';
import type { Consumer, FeedFilter } from '../store/index.ts';

/** Of one identity: a program has one or two. */
const MOST_CONSUMERS = 64;

type Params<M extends 'create' | 'read' | 'ack' | 'delete'> = ParamsOf<`consumer/${M}`>;

export class Consumers {
  readonly #scope: Scope;
  readonly #ending: AbortSignal;

  /** `ending` aborts when the host closes: nobody waits then. */
  constructor(scope: Scope, ending: AbortSignal) {
    this.#scope = scope;
    this.#ending = ending;
  }

  /** The one of this name when there is one with the same filter, wherever it is; `already_exists` with another. */
  async create(
    identity: string,
    { name, filter = {}, from = 'now' }: Params<'create'>,
  ): Promise<ConsumerRow> {
    const { clock, store } = this.#scope;
    const known = await store.consumers(identity);
    if (known.length >= MOST_CONSUMERS && !known.some((one) => one.name === name)) throw tooMany();
    const place = from === 'start' ? 0 : from === 'now' ? store.place() : from;
    const wanted = plain(filter);
    const kept = await store.keepConsumer({
      identity,
      name,
      filter: wanted,
      place,
      createdAt: clock.now(),
    });
    if (JSON.stringify(kept.filter) === JSON.stringify(wanted)) return this.#row(kept);
    const message = `There is a consumer ${name} with another filter: take another name, or delete it.`;
    throw new CarrelError('already_exists', message, { data: { name } });
  }

  async list(identity: string): Promise<readonly ConsumerRow[]> {
    return (await this.#scope.store.consumers(identity)).map((consumer) => this.#row(consumer));
  }

  /** What is behind its place, or behind `after`; with `waitMs` it waits that long for something. */
  async read(identity: string, { name, limit, after, waitMs = 0 }: Params<'read'>): Promise<ConsumerPage> {
    const { clock, owner, store } = this.#scope;
    const { filter, place } = await this.#named(identity, name);
    const deadline = clock.monotonic() + waitMs;
    for (let from = after ?? place; ;) {
      const page = await store.feed({ ...filter, owner, after: from, limit });
      const leftMs = deadline - clock.monotonic();
      if (page.events.length > 0 || (page.place >= page.head && leftMs <= 0)) return page;
      if (page.place < page.head && leftMs <= 0) return page;
      from = page.place;
      if (page.place >= page.head) await this.#moved(leftMs);
    }
  }

  /** Never back: an older place changes nothing. */
  async ack(identity: string, { name, place }: Params<'ack'>): Promise<ConsumerRow> {
    const { clock, store } = this.#scope;
    return this.#row(await store.ackConsumer({ identity, name, place, at: clock.now() }));
  }

  async delete(identity: string, { name }: Params<'delete'>): Promise<{ readonly deleted: boolean }> {
    return { deleted: await this.#scope.store.dropConsumer(identity, name) };
  }

  async #named(identity: string, name: string): Promise<Consumer> {
    const found = (await this.#scope.store.consumers(identity)).find((one) => one.name === name);
    if (found !== undefined) return found;
    throw new CarrelError('not_found', `There is no consumer ${name}: create it first.`, { data: { name } });
  }

  #row({ identity: _identity, ...consumer }: Consumer): ConsumerRow {
    return { ...consumer, filter: mutable(consumer.filter), head: this.#scope.store.place() };
  }

  /** Resolves when anything is committed, after the wait, or when the host closes. */
  async #moved(waitMs: number): Promise<void> {
    const { clock, store } = this.#scope;
    if (this.#ending.aborted) throw new CarrelError('cancelled', 'The host is closed.');
    const { promise, resolve } = Promise.withResolvers<void>();
    using _heads = store.onHeads(() => resolve());
    using _late = clock.after(waitMs, resolve);
    this.#ending.addEventListener('abort', () => resolve(), { once: true });
    await promise;
  }
}

function plain({
  types,
  sessions,
  folder,
}: { [K in keyof FeedFilter]?: FeedFilter[K] | undefined }): FeedFilter {
  return {
    ...(types === undefined ? {} : { types: types.toSorted() }),
    ...(sessions === undefined ? {} : { sessions: sessions.toSorted() }),
    ...(folder === undefined ? {} : { folder }),
  };
}

function mutable({ types, sessions, folder }: FeedFilter): ConsumerRow['filter'] {
  return { types: types && [...types], sessions: sessions && [...sessions], folder };
}

function tooMany(): CarrelError {
  const message = `There are ${String(MOST_CONSUMERS)} consumers of yours: delete one that is not needed.`;
  return new CarrelError('limit_reached', message, { data: { limit: MOST_CONSUMERS } });
}
