// The one writer of a home: reads in this thread, changes through the writer's, blobs beside both.
import { systemClock, type Clock } from '../../base/index.ts';
import type { ErrorInfo, SessionSummary } from '../../protocol/index.ts';
import { encodeGroup, encodeRow } from '../encode.ts';
import type {
  AppendGroup,
  AppendResult,
  Claim,
  Consumer,
  ConsumerAck,
  DeliveredCommand,
  DueQuery,
  Head,
  Store,
} from '../port.ts';
import { movedBy } from '../reading.ts';
import { HeadSignal } from '../signal.ts';
import { Blobs } from './blobs.ts';
import { openNodeDatabase } from './driver.ts';
import { prepareHome, type Home } from './home.ts';
import { dueSessions } from './lists.ts';
import { lockHome } from './lock.ts';
import { migrate } from './migrate.ts';
import { openForWriting } from './open.ts';
import { doomedBlobs, findCommand, parse } from './queries.ts';
import { closed, SqliteReader } from './reader.ts';
import type { Answer, Change, Needs } from './requests.ts';
import { withTrouble } from './trouble.ts';
import { Writer } from './writer.ts';

/**
 * Opens the store of a home, which is made if it is missing, and holds the home until disposed. Refuses a home that another
 * process holds (`home_in_use`, with its pid, within 2 s), one that cannot be written (`store_unavailable`), that is no folder
 * (`invalid_params`) or leads elsewhere (`forbidden`), a damaged file (`store_corrupt`), and a later version (`version_mismatch`).
 */
export async function openSqliteStore({
  home: folder,
  clock = systemClock,
}: {
  readonly home: string;
  readonly clock?: Clock;
}): Promise<Store> {
  const home = await prepareHome(folder);
  const lock = await lockHome(home, openNodeDatabase);
  try {
    bringUpToDate(home.database);
    const store = new SqliteStore(home, { lock, clock });
    await store.recover();
    return store;
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

function bringUpToDate(path: string): void {
  const connection = openForWriting(path, openNodeDatabase);
  try {
    withTrouble(path, () => migrate(connection, path));
  } finally {
    connection.close();
  }
}

class SqliteStore extends SqliteReader implements Store {
  readonly #lock: Disposable;
  readonly #writer: Writer;
  readonly #blobs: Blobs;
  readonly #signal = new HeadSignal();
  #closing: Promise<void> | undefined;

  constructor(home: Home, { lock, clock }: { readonly lock: Disposable; readonly clock: Clock }) {
    super(home);
    this.#lock = lock;
    this.#writer = new Writer(home.database, clock);
    this.#blobs = new Blobs(home.blobs);
  }

  /** Finishes what an earlier process began. */
  async recover(): Promise<void> {
    this.#writer.place = (await this.feed({ owner: '', after: 0, limit: 0 })).head;
    await this.#blobs.recover();
    await this.#removeDoomedBlobs();
  }

  async append(groups: readonly AppendGroup[]): Promise<readonly AppendResult[]> {
    const encoded = groups.map(encodeGroup);
    const results = await Promise.all(encoded.map((group) => this.#send('append', { group })));
    for (const [index, { blobs }] of encoded.entries())
      if (results[index]?.kind === 'accepted') this.#blobs.named(blobs);
    this.#signal.emit(movedBy(groups, results));
    return results;
  }

  async command(identity: string, id: string, bodyHash: string): Promise<DeliveredCommand | undefined> {
    const known = await this.ask(undefined, (connection) => findCommand(connection, identity, id));
    return known && { same: known.bodyHash === bodyHash, reply: parse(known.reply) };
  }

  async claim(owner: string, session: string): Promise<Claim> {
    return this.#send('claim', { owner, session });
  }

  async release(session: string, fence: number): Promise<void> {
    await this.#send('release', { session, fence });
  }

  async due(query: DueQuery): Promise<readonly SessionSummary[]> {
    return this.ask([], (connection) => dueSessions(connection, query));
  }

  async putSummary(summary: SessionSummary): Promise<void> {
    await this.#send('putSummary', { session: summary.session, row: encodeRow(summary) });
  }

  async putBlob(bytes: Uint8Array): Promise<string> {
    if (this.#closing !== undefined) throw closed(this.home);
    return this.#blobs.put(bytes);
  }

  async erase(owner: string, session: string): Promise<{ head: string }> {
    const erased = await this.#send('erase', { owner, session });
    this.#signal.emit([{ session, seq: 0 }]);
    await this.#removeDoomedBlobs();
    return erased;
  }

  async keepConsumer(consumer: Omit<Consumer, 'ackedAt'>): Promise<Consumer> {
    return this.#send('keepConsumer', { consumer });
  }

  async ackConsumer(ack: ConsumerAck): Promise<Consumer> {
    return this.#send('ackConsumer', ack);
  }

  async dropConsumer(identity: string, name: string): Promise<boolean> {
    return (await this.#send('dropConsumer', { identity, name })).dropped;
  }

  onHeads(listener: (heads: readonly Head[]) => void): Disposable {
    return this.#signal.listen(listener);
  }

  place(): number {
    return this.#writer.place;
  }

  health(): { readonly writable: boolean; readonly error?: ErrorInfo } {
    const error = this.#writer.error ?? this.#blobs.error;
    return error === undefined ? { writable: true } : { writable: false, error };
  }

  /** Writes what was accepted before, then gives the home free. Idempotent. */
  override async [Symbol.asyncDispose](): Promise<void> {
    await (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#signal.clear();
    await super[Symbol.asyncDispose]();
    await this.#blobs.idle();
    await this.#writer.close();
    this.#lock[Symbol.dispose]();
  }

  async #send<C extends Change>(change: C, needs: Needs<C>): Promise<Answer<C>> {
    if (this.#closing !== undefined) throw closed(this.home);
    return this.#writer.send(change, needs);
  }

  /** What is doomed is asked and removed in one go, on what is committed: an event that names a blob is seen, or still to come. */
  async #removeDoomedBlobs(): Promise<void> {
    const connection = this.open();
    const ids = await this.#blobs.remove(connection === undefined ? [] : doomedBlobs(connection));
    if (ids.length > 0) await this.#send('buryBlobs', { ids });
  }
}
