// The store contract in memory: for tests, and for hosts that need no durability. Nothing survives the process.
import { createHash } from 'node:crypto';
import { CarrelError, type Cursor, type SessionEvent, type SessionSummary } from '../../protocol/index.ts';
import { shortHash } from '../chain.ts';
import type {
  AppendGroup,
  AppendResult,
  Claim,
  DeliveredCommand,
  EventPage,
  Head,
  ListQuery,
  SessionPage,
  Snapshot,
  Store,
  TailPart,
} from '../port.ts';
import { appendGroup } from './append.ts';
import { commandKey, memoryData, type MemoryData, type MemorySession } from './data.ts';
import { listPage } from './list.ts';

/** With the `data` of another store it continues where that one stood, as a process does that opens the same home again. */
export function createMemoryStore(data: MemoryData = memoryData()): Store {
  return new MemoryStore(data);
}

class MemoryStore implements Store {
  readonly #data: MemoryData;
  readonly #listeners = new Set<(heads: readonly Head[]) => void>();

  constructor(data: MemoryData) {
    this.#data = data;
  }

  async append(groups: readonly AppendGroup[]): Promise<readonly AppendResult[]> {
    await Promise.resolve();
    const results = groups.map((group) => appendGroup(this.#data, group));
    const moved = groups.filter(
      (group, index) => results[index]?.kind === 'accepted' && group.events.length > 0,
    );
    if (moved.length > 0)
      this.#signal(
        moved.map(({ session }) => ({ session, seq: this.#data.sessions.get(session)?.events.length ?? 0 })),
      );
    return results;
  }

  async read(
    owner: string,
    session: string,
    { after, before, limit }: { after?: number; before?: number; limit: number },
  ): Promise<EventPage> {
    const { events, hashes } = this.#own(owner, session);
    const from = before === undefined ? (after ?? 0) : Math.max(0, before - 1 - limit);
    const to = before === undefined ? from + limit : before - 1;
    const page = events
      .slice(from, to)
      .map((bytes) => ({ session, ...(JSON.parse(bytes) as object) }) as SessionEvent);
    const last = from + page.length;
    return Promise.resolve({
      events: page,
      hash: shortHash(hashes[last - 1]),
      head: { seq: events.length, hash: shortHash(hashes.at(-1)) },
    });
  }

  async tail(owner: string, session: string): Promise<readonly TailPart[]> {
    return Promise.resolve([...this.#own(owner, session).tail.values()]);
  }

  async check(
    owner: string,
    session: string,
    { seq, hash }: Cursor,
  ): Promise<{ ok: true } | { ok: false; common: number }> {
    const { hashes } = this.#own(owner, session);
    if (seq <= hashes.length && shortHash(hashes[seq - 1]) === hash) return Promise.resolve({ ok: true });
    return Promise.resolve({ ok: false, common: seq > hashes.length ? hashes.length : 0 });
  }

  async heads(owner: string, sessions: readonly string[]): Promise<readonly Head[]> {
    const heads = sessions.flatMap((session) => {
      const kept = this.#data.sessions.get(session);
      return kept?.summary.owner === owner ? [{ session, seq: kept.events.length }] : [];
    });
    return Promise.resolve(heads);
  }

  async summary(owner: string, session: string): Promise<SessionSummary | undefined> {
    const summary = this.#data.sessions.get(session)?.summary;
    return Promise.resolve(summary?.owner === owner ? summary : undefined);
  }

  async list(query: ListQuery): Promise<SessionPage> {
    return Promise.resolve(listPage(this.#rows(), query));
  }

  async getBlob(id: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#data.blobs.get(id));
  }

  async command(identity: string, id: string, bodyHash: string): Promise<DeliveredCommand | undefined> {
    const known = this.#data.commands.get(commandKey(identity, id));
    return Promise.resolve(known && { same: known.bodyHash === bodyHash, reply: known.reply });
  }

  async claim(owner: string, session: string): Promise<Claim> {
    const kept = this.#own(owner, session);
    kept.fence++;
    const { fence, events, hashes, tail } = kept;
    const snapshot = validSnapshot(kept);
    const claim = { fence, seq: events.length, hash: shortHash(hashes.at(-1)), tail: [...tail.values()] };
    return Promise.resolve({ ...claim, ...(snapshot === undefined ? {} : { snapshot }) });
  }

  async release(): Promise<void> {
    // A claim is only a number here: the next one is higher.
    return Promise.resolve();
  }

  async due({
    now,
    open,
    limit,
  }: {
    now: number;
    open?: boolean;
    limit: number;
  }): Promise<readonly SessionSummary[]> {
    const isDue = (row: SessionSummary): boolean =>
      (row.wakeAt !== undefined && row.wakeAt <= now) || (open === true && row.open);
    const rows = this.#rows().filter(isDue);
    return Promise.resolve(rows.sort((a, b) => (a.wakeAt ?? 0) - (b.wakeAt ?? 0)).slice(0, limit));
  }

  async putSummary(summary: SessionSummary): Promise<void> {
    this.#own(summary.owner, summary.session).summary = summary;
    return Promise.resolve();
  }

  async putBlob(bytes: Uint8Array): Promise<string> {
    const id = createHash('sha256').update(bytes).digest('hex');
    this.#data.blobs.set(id, Uint8Array.from(bytes));
    return Promise.resolve(id);
  }

  async erase(owner: string, session: string): Promise<{ head: string }> {
    const { hashes } = this.#own(owner, session);
    const head = shortHash(hashes.at(-1));
    this.#data.sessions.delete(session);
    this.#data.tombstones.set(session, head);
    return Promise.resolve({ head });
  }

  onHeads(listener: (heads: readonly Head[]) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  health(): { readonly writable: boolean } {
    return { writable: true };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    return Promise.resolve();
  }

  #rows(): SessionSummary[] {
    return [...this.#data.sessions.values()].map(({ summary }) => summary);
  }

  #own(owner: string, session: string): MemorySession {
    const kept = this.#data.sessions.get(session);
    if (kept?.summary.owner === owner) return kept;
    throw new CarrelError('not_found', `There is no session ${session}.`);
  }

  #signal(heads: readonly Head[]): void {
    for (const listener of this.#listeners) queueMicrotask(() => listener(heads));
  }
}

function validSnapshot({ snapshot, hashes }: MemorySession): Snapshot | undefined {
  return snapshot !== undefined && shortHash(hashes[snapshot.seq - 1]) === snapshot.hash
    ? snapshot
    : undefined;
}
