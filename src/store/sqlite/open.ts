// How a connection to the store's file is made: for writing by the one writer, for reading by anyone.
import { existsSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { CarrelError } from '../../protocol/errors.ts';
import { Connection } from './connection.ts';
import type { OpenDatabase } from './driver.ts';
import { checkVersion } from './migrate.ts';
import { LATEST_VERSION } from './migrations.ts';
import { troubleOf, withTrouble } from './trouble.ts';

/** A turn fills 3 KB. Pages of 4 KB would hold one each and waste the rest. */
const PAGE_BYTES = 8192;

/** The write-ahead log is copied into the database at about this size, and cut back to it. */
const LOG_BYTES = 4 * 1024 * 1024;

/** Every commit is synced before it answers, on macOS through the drive's cache too; what is deleted is overwritten. */
export function openForWriting(path: string, open: OpenDatabase): Connection {
  return withTrouble(path, () => {
    const connection = new Connection(open({ path }));
    try {
      connection.exec(`
        PRAGMA page_size = ${PAGE_BYTES};
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA fullfsync = ON;
        PRAGMA checkpoint_fullfsync = ON;
        PRAGMA journal_size_limit = ${LOG_BYTES};
        PRAGMA wal_autocheckpoint = ${LOG_BYTES / PAGE_BYTES};
        PRAGMA secure_delete = ON;
        PRAGMA trusted_schema = OFF;
      `);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  });
}

/** Undefined when there is no store yet. Refuses another version than `latest` (`version_mismatch`). */
export function openForReading(
  path: string,
  open: OpenDatabase,
  latest = LATEST_VERSION,
): Connection | undefined {
  if (!existsSync(path)) return undefined;
  return withTrouble(path, () => {
    try {
      return checked(new Connection(open({ path, readOnly: true })), path, latest);
    } catch (error) {
      if (troubleOf(error, path)?.code !== 'store_unavailable' || hasLog(path)) throw error;
      // On a read-only file system SQLite cannot make the files it shares with writers; nobody writes there either.
      const url = pathToFileURL(path);
      url.searchParams.set('immutable', '1');
      return checked(new Connection(open({ path: url, readOnly: true })), path, latest);
    }
  });
}

function checked(connection: Connection, path: string, latest: number): Connection | undefined {
  try {
    const version = checkVersion(connection, path, latest);
    if (version === latest) return connection;
    connection.close();
    if (version === 0) return undefined;
  } catch (error) {
    connection.close();
    throw error;
  }
  throw new CarrelError(
    'version_mismatch',
    `${path} is of an earlier version than this program. Run any command that writes: it brings the file up to date.`,
    { data: { path, latest } },
  );
}

function hasLog(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
