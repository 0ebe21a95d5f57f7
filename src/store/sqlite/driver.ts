// The little that is asked of an SQLite driver, so that it can be exchanged and measured, and the one that is used: Node's own.
// It is loaded at the first opening, because most commands that import this module only read, and some never do.

export type Value = null | number | string | Uint8Array;

export interface Statement {
  run(...values: Value[]): unknown;
  get(...values: Value[]): unknown;
  all(...values: Value[]): unknown[];
}

/** One connection. Everything is synchronous; errors carry SQLite's extended code as `errcode`. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

export interface DatabaseFile {
  readonly path: string | URL;
  readonly readOnly?: boolean;
  /** How long a statement waits for another process's lock. */
  readonly busyMs?: number;
}

export type OpenDatabase = (file: DatabaseFile) => Database;

/** Long enough for another process to finish a checkpoint or a recovery. */
const BUSY_MS = 5000;

export const openNodeDatabase: OpenDatabase = ({ path, readOnly = false, busyMs = BUSY_MS }) => {
  const { DatabaseSync } = withoutSqliteWarning(() => process.getBuiltinModule('node:sqlite'));
  return new DatabaseSync(path, { readOnly, timeout: busyMs });
};

/** Some versions of Node that we run on warn that SQLite is experimental. That warning is dropped; every other one is kept. */
function withoutSqliteWarning<T>(load: () => T): T {
  const emitWarning = process.emitWarning;
  const filtered = (...args: Parameters<typeof emitWarning>): void => {
    if (!String(args[0]).startsWith('SQLite is an experimental feature')) emitWarning.apply(process, args);
  };
  process.emitWarning = filtered as typeof emitWarning;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
