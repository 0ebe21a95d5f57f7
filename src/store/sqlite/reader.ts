// Reads, in the caller's thread: a read is some ten microseconds, less than a message to another thread would cost.
import { CarrelError } from '../../protocol/errors.ts';
import type { Cursor, SessionSummary } from '../../protocol/index.ts';
import { chainHash, EMPTY_HASH, eventOf, shortHash } from '../chain.ts';
import type {
  Consumer,
  EventPage,
  FeedPage,
  FeedQuery,
  Head,
  ListQuery,
  Moved,
  SessionPage,
  StatusCounts,
  StoreReader,
  TailPart,
} from '../port.ts';
import { checkCursor, notFound, pageOf, type ReadRange } from '../reading.ts';
import { readBlob } from './blobs.ts';
import type { Connection } from './connection.ts';
import { listConsumers } from './consumers.ts';
import { openNodeDatabase } from './driver.ts';
import { movedBehind, readFeed } from './feed.ts';
import { existingHome, type Home } from './home.ts';
import { countSessions, listSessions } from './lists.ts';
import { openForReading } from './open.ts';
import { findSession, hashAt, tailOf, type SessionPlace } from './queries.ts';
import { withTrouble } from './trouble.ts';

/**
 * Reads the store of a home, also beside the process that writes to it. A home without a store reads as empty, until there is one.
 * Refuses a file of another version (`version_mismatch`), damage (`store_corrupt`) and a home that is not one.
 */
export async function openSqliteReader({ home }: { readonly home: string }): Promise<StoreReader> {
  const reader = new SqliteReader(existingHome(home));
  reader.open();
  return Promise.resolve(reader);
}

export class SqliteReader implements StoreReader {
  protected readonly home: Home;
  #connection: Connection | undefined;
  #isClosed = false;

  constructor(home: Home) {
    this.home = home;
  }

  /** The connection, made when it is first needed; undefined while there is no store. */
  open(): Connection | undefined {
    if (this.#isClosed) throw closed(this.home);
    return (this.#connection ??= openForReading(this.home.database, openNodeDatabase));
  }

  async read(owner: string, session: string, range: ReadRange): Promise<EventPage> {
    return this.#own(owner, session, (connection, place) => {
      const { from, to } = pageOf(range, place.seq);
      const start = hashAt(connection, place.no, from) ?? EMPTY_HASH;
      const rows = connection.all<EventRow>(
        'SELECT seq, hash, body FROM events WHERE no = ? AND seq > ? AND seq <= ? ORDER BY seq',
        place.no,
        from,
        to,
      );
      const damaged = firstDamaged(rows, start, { from, to });
      if (damaged !== undefined) throw this.#damage(session, damaged);
      return {
        events: rows.map(({ body }) => eventOf(session, body)),
        hash: to === 0 ? '' : shortHash(rows.at(-1)?.hash ?? start),
        head: { seq: place.seq, hash: shortHash(place.hash) },
      };
    });
  }

  async tail(owner: string, session: string): Promise<readonly TailPart[]> {
    return this.#own(owner, session, (connection, { no }) => tailOf(connection, no));
  }

  async check(owner: string, session: string, cursor: Cursor): ReturnType<StoreReader['check']> {
    return this.#own(owner, session, (connection, { no }) =>
      checkCursor(cursor, hashAt(connection, no, cursor.seq)),
    );
  }

  async heads(owner: string, sessions: readonly string[]): Promise<readonly Head[]> {
    return this.ask([], (connection) =>
      sessions.flatMap((session) => {
        const place = findSession(connection, session);
        return place?.owner === owner ? [{ session, seq: place.seq }] : [];
      }),
    );
  }

  async summary(owner: string, session: string): Promise<SessionSummary | undefined> {
    return this.ask(undefined, (connection) => {
      const sql = 'SELECT summary FROM sessions WHERE session = ? AND owner = ?';
      const row = connection.get<{ summary: string }>(sql, session, owner);
      return row && (JSON.parse(row.summary) as SessionSummary);
    });
  }

  async list(query: ListQuery): Promise<SessionPage> {
    return this.ask({ sessions: [], hidden: 0 }, (connection) => listSessions(connection, query));
  }

  async counts(owner: string): Promise<StatusCounts> {
    return this.ask({}, (connection) => countSessions(connection, owner));
  }

  async getBlob(id: string): Promise<Uint8Array | undefined> {
    if (this.#isClosed) throw closed(this.home);
    return readBlob(this.home.blobs, id);
  }

  async feed(query: FeedQuery): Promise<FeedPage> {
    const none = { events: [], place: query.after, head: 0 };
    return this.ask(none, (connection) => readFeed(connection, query));
  }

  async moved(owner: string, after: number): Promise<Moved | undefined> {
    return this.ask(undefined, (connection) => movedBehind(connection, owner, after));
  }

  async consumers(identity?: string): Promise<readonly Consumer[]> {
    return this.ask([], (connection) => listConsumers(connection, identity));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#connection?.close();
    this.#connection = undefined;
    return Promise.resolve();
  }

  /** What `question` reads is of one moment. `none` is the answer of a home without a store. */
  protected async ask<T>(none: T, question: (connection: Connection) => T): Promise<T> {
    const connection = this.open();
    if (connection === undefined) return Promise.resolve(none);
    return Promise.resolve(
      withTrouble(this.home.database, () => connection.atOnce(() => question(connection))),
    );
  }

  async #own<T>(
    owner: string,
    session: string,
    question: (connection: Connection, place: SessionPlace) => T,
  ): Promise<T> {
    const answer = await this.ask(undefined, (connection) => {
      const place = findSession(connection, session);
      return place?.owner === owner ? { value: question(connection, place) } : undefined;
    });
    if (answer === undefined) throw notFound(session);
    return answer.value;
  }

  #damage(session: string, seq: number): CarrelError {
    const path = this.home.database;
    const message = `Event ${seq} of ${session} in ${path} is damaged: it does not fit the chain of hashes. Run \`carrel doctor\`.`;
    return new CarrelError('store_corrupt', message, { data: { path, session, seq } });
  }
}

export function closed({ folder }: Home): CarrelError {
  return new CarrelError('store_unavailable', `The store of ${folder} was closed. Open it again.`);
}

interface EventRow {
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly body: string;
}

/** The first event that is missing or does not follow from the one before it. */
function firstDamaged(
  rows: readonly EventRow[],
  start: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
): number | undefined {
  let previous = start;
  for (let seq = from + 1; seq <= to; seq++) {
    const row = rows[seq - from - 1];
    if (row?.seq !== seq || Buffer.compare(chainHash(previous, row.body), row.hash) !== 0) return seq;
    previous = row.hash;
  }
  return undefined;
}
