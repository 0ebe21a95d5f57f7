// The store contract in memory: for tests, and for hosts that need no durability. Nothing survives the process.
import type { Json } from '../../base/index.ts';
import type { Cursor, SessionSummary } from '../../protocol/index.ts';
import { blobId, eventOf, shortHash } from '../chain.ts';
import { encodeGroup, encodeRow } from '../encode.ts';
import type {
  AppendGroup,
  AppendResult,
  Claim,
  Consumer,
  ConsumerAck,
  DeliveredCommand,
  DueQuery,
  EventPage,
  FeedPage,
  FeedQuery,
  Head,
  ListQuery,
  Moved,
  SessionPage,
  StatusCounts,
  Snapshot,
  Store,
  TailPart,
} from '../port.ts';
import { checkCursor, movedBy, nameTaken, notFound, pageOf, type ReadRange } from '../reading.ts';
import { HeadSignal } from '../signal.ts';
import { commandKey, consumerKey, memoryData, type MemoryData, type MemorySession, nameKey } from './data.ts';
import { ackConsumer, consumersOf, feedPage, keepConsumer, movedBehind } from './feed.ts';
import { countSessions, duePage, listPage, summaryOf } from './list.ts';
import { eraseSession, putRow, writeGroup } from './write.ts';

/** With the `data` of another store it continues where that one stood, as a process does that opens the same home again. */
export function createMemoryStore(data: MemoryData = memoryData()): Store {
  return new MemoryStore(data);
}

class MemoryStore implements Store {
  readonly #data: MemoryData;
  readonly #signal = new HeadSignal();

  constructor(data: MemoryData) {
    this.#data = data;
  }

  async append(groups: readonly AppendGroup[]): Promise<readonly AppendResult[]> {
    const encoded = groups.map(encodeGroup);
    await Promise.resolve();
    const results = encoded.map((group) => writeGroup(this.#data, group));
    this.#signal.emit(movedBy(groups, results));
    return results;
  }

  async read(owner: string, session: string, range: ReadRange): Promise<EventPage> {
    const { events, hashes } = this.#own(owner, session);
    const { from, to } = pageOf(range, events.length);
    return Promise.resolve({
      events: events.slice(from, to).map((bytes) => eventOf(session, bytes)),
      hash: shortHash(hashes[to - 1]),
      head: { seq: events.length, hash: shortHash(hashes.at(-1)) },
    });
  }

  async tail(owner: string, session: string): Promise<readonly TailPart[]> {
    return Promise.resolve([...this.#own(owner, session).tail.values()]);
  }

  async check(owner: string, session: string, cursor: Cursor): ReturnType<Store['check']> {
    return Promise.resolve(checkCursor(cursor, this.#own(owner, session).hashes[cursor.seq - 1]));
  }

  async heads(owner: string, sessions: readonly string[]): Promise<readonly Head[]> {
    const heads = sessions.flatMap((session) => {
      const kept = this.#data.sessions.get(session);
      return kept?.owner === owner ? [{ session, seq: kept.events.length }] : [];
    });
    return Promise.resolve(heads);
  }

  async summary(owner: string, session: string): Promise<SessionSummary | undefined> {
    const kept = this.#data.sessions.get(session);
    return Promise.resolve(kept?.owner === owner ? summaryOf(kept.row) : undefined);
  }

  async list(query: ListQuery): Promise<SessionPage> {
    return Promise.resolve(listPage(this.#data, query));
  }

  async counts(owner: string): Promise<StatusCounts> {
    return Promise.resolve(countSessions(this.#data.sessions, owner));
  }

  async command(identity: string, id: string, bodyHash: string): Promise<DeliveredCommand | undefined> {
    const known = this.#data.commands.get(commandKey(identity, id));
    return Promise.resolve(
      known && { same: known.bodyHash === bodyHash, reply: JSON.parse(known.reply) as Json },
    );
  }

  async claim(owner: string, session: string): Promise<Claim> {
    const kept = this.#own(owner, session);
    kept.fence++;
    const snapshot = validSnapshot(session, kept);
    return Promise.resolve({
      fence: kept.fence,
      seq: kept.events.length,
      hash: shortHash(kept.hashes.at(-1)),
      tail: [...kept.tail.values()],
      ...(snapshot === undefined ? {} : { snapshot }),
    });
  }

  async release(session: string, fence: number): Promise<void> {
    const kept = this.#data.sessions.get(session);
    if (kept?.fence === fence) kept.fence++;
    return Promise.resolve();
  }

  async due(query: DueQuery): Promise<readonly SessionSummary[]> {
    return Promise.resolve(duePage(this.#data.sessions, query));
  }

  async putSummary(summary: SessionSummary): Promise<void> {
    this.#own(summary.owner, summary.session);
    const by = this.#data.names.get(nameKey(summary));
    if (by !== undefined && by !== summary.session) throw nameTaken(summary, by);
    putRow(this.#data, summary.session, encodeRow(summary));
    return Promise.resolve();
  }

  async putBlob(bytes: Uint8Array): Promise<string> {
    const id = blobId(bytes);
    this.#data.unnamedBlobs.add(id);
    this.#data.blobs.set(id, Uint8Array.from(bytes));
    return Promise.resolve(id);
  }

  async getBlob(id: string): Promise<Uint8Array | undefined> {
    const bytes = this.#data.blobs.get(id);
    return Promise.resolve(bytes && Uint8Array.from(bytes));
  }

  async feed(query: FeedQuery): Promise<FeedPage> {
    return Promise.resolve(feedPage(this.#data, query));
  }

  async moved(owner: string, after: number): Promise<Moved | undefined> {
    return Promise.resolve(movedBehind(this.#data, owner, after));
  }

  async consumers(identity?: string): Promise<readonly Consumer[]> {
    return Promise.resolve(consumersOf(this.#data, identity));
  }

  async keepConsumer(consumer: Omit<Consumer, 'ackedAt'>): Promise<Consumer> {
    return Promise.resolve(keepConsumer(this.#data, consumer));
  }

  async ackConsumer(ack: ConsumerAck): Promise<Consumer> {
    return Promise.resolve(ackConsumer(this.#data, ack));
  }

  async dropConsumer(identity: string, name: string): Promise<boolean> {
    return Promise.resolve(this.#data.consumers.delete(consumerKey(identity, name)));
  }

  async erase(owner: string, session: string): Promise<{ head: string }> {
    this.#own(owner, session);
    const erased = eraseSession(this.#data, session);
    this.#signal.emit([{ session, seq: 0 }]);
    return Promise.resolve(erased);
  }

  onHeads(listener: (heads: readonly Head[]) => void): Disposable {
    return this.#signal.listen(listener);
  }

  place(): number {
    return this.#data.feed.length;
  }

  health(): { readonly writable: boolean } {
    return { writable: true };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.clear();
    return Promise.resolve();
  }

  #own(owner: string, session: string): MemorySession {
    const kept = this.#data.sessions.get(session);
    if (kept?.owner !== owner) throw notFound(session);
    return kept;
  }
}

function validSnapshot(session: string, { snapshot, hashes }: MemorySession): Snapshot | undefined {
  if (snapshot === undefined || shortHash(hashes[snapshot.seq - 1]) !== snapshot.hash) return undefined;
  return { session, ...snapshot, state: JSON.parse(snapshot.state) as Json };
}
