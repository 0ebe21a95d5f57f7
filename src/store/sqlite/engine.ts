// The writing half of the store: pure synchronous work over one connection. Changes that came together share a transaction
// and thereby a sync; each has a savepoint, so that one that fails hurts no other.
//
// After an error of the disk nothing about the connection is believed: it is closed, opened again, and the file itself says
// whether the transaction is in it (each writes its number). If it is, it counts only once the log was copied into the
// database and synced anew, because a failed sync may have lost pages that still look written.
import { toErrorInfo } from '../../protocol/errors.ts';
import { CHANGES } from './changes.ts';
import type { Connection } from './connection.ts';
import { feedHead } from './feed.ts';
import type { Answer, Change, Failure, Flush, Flushed, Needs, Reply, Request } from './requests.ts';
import { troubleOf } from './trouble.ts';

/** How long a command's answer is kept at least, and how often older ones are removed. */
const COMMAND_KEPT_MS = 24 * 60 * 60 * 1000;
const PURGE_EVERY_MS = 60 * 60 * 1000;

export class Engine {
  readonly #path: string;
  readonly #open: () => Connection;
  #connection: Connection | undefined;
  #number = 0;
  #purgedAt = Number.NEGATIVE_INFINITY;

  /** `open` gives a connection for writing to the migrated file at `path`. */
  constructor(path: string, open: () => Connection) {
    this.#path = path;
    this.#open = open;
  }

  /** All that is answered is synced. With `trouble` nothing of it is in the store. */
  flush({ now, requests }: Flush): Flushed {
    let flushed: Flushed | undefined;
    try {
      const connection = this.#ready();
      connection.run('BEGIN IMMEDIATE');
      this.#purge(connection, now);
      const replies = requests.map((request) => attempt(connection, request, now));
      connection.run('UPDATE flushes SET last = ?', ++this.#number);
      flushed = { replies, place: feedHead(connection) };
      connection.run('COMMIT');
      if (requests.some(({ change }) => change === 'erase')) emptyLog(connection);
      return flushed;
    } catch (error) {
      if (flushed !== undefined && this.#isWritten()) return flushed;
      this.close();
      return refused(requests, troubleOf(error, this.#path) ?? error);
    }
  }

  /** Idempotent; a later flush opens again. */
  close(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    try {
      connection?.close();
    } catch (error) {
      // What a connection that is given up has to say changes nothing: the file is read anew.
      if (troubleOf(error, this.#path) === undefined) throw error;
    }
  }

  #ready(): Connection {
    if (this.#connection !== undefined) return this.#connection;
    this.#connection = this.#open();
    this.#number = lastFlush(this.#connection);
    return this.#connection;
  }

  /** After a commit that failed: whether it is in the file all the same, for good. */
  #isWritten(): boolean {
    const number = this.#number;
    this.close();
    try {
      const connection = this.#ready();
      return this.#number === number && emptyLog(connection);
    } catch (error) {
      if (troubleOf(error, this.#path) === undefined) throw error;
      return false;
    }
  }

  #purge(connection: Connection, now: number): void {
    if (now - this.#purgedAt < PURGE_EVERY_MS) return;
    connection.run('DELETE FROM commands WHERE at < ?', now - COMMAND_KEPT_MS);
    this.#purgedAt = now;
  }
}

function attempt(connection: Connection, { change, needs }: Request, now: number): Reply {
  connection.run('SAVEPOINT change');
  try {
    const perform = CHANGES[change] as (c: Connection, needs: Needs<Change>, now: number) => Answer;
    const answer = perform(connection, needs, now);
    connection.run('RELEASE change');
    return { answer };
  } catch (error) {
    if (troubleOf(error, '') !== undefined) throw error;
    connection.run('ROLLBACK TO change');
    connection.run('RELEASE change');
    return failure(error);
  }
}

function lastFlush(connection: Connection): number {
  return connection.get<{ last: number }>('SELECT last FROM flushes')?.last ?? 0;
}

/** Whether all of the log is in the database now, synced. */
function emptyLog(connection: Connection): boolean {
  return connection.get<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)')?.busy === 0;
}

function refused(requests: readonly Request[], error: unknown): Flushed {
  return { replies: requests.map(() => failure(error)), trouble: toErrorInfo(error) };
}

function failure(error: unknown): Failure {
  return { error: toErrorInfo(error), cause: error instanceof Error ? error.cause : undefined };
}
