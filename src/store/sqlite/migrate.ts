// Brings a file to the latest version. Only the holder of the home's lock does this.
import { chmodSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CarrelError } from '../../protocol/errors.ts';
import type { Connection } from './connection.ts';
import { APPLICATION_ID, MIGRATIONS } from './migrations.ts';

/**
 * Runs the migrations that the file has not seen, all or none, after a copy to `<path>.backup-v<N>`.
 * Refuses a file of a later version (`version_mismatch`) and one that is not ours (`store_corrupt`).
 */
export function migrate(
  connection: Connection,
  path: string,
  migrations: readonly string[] = MIGRATIONS,
): void {
  const version = checkVersion(connection, path, migrations.length);
  if (version === migrations.length) return;
  if (version > 0) backUp(connection, `${path}.backup-v${version}`);
  connection.exec('BEGIN IMMEDIATE');
  try {
    for (const migration of migrations.slice(version)) connection.exec(migration);
    connection.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
    connection.exec('COMMIT');
  } catch (error) {
    connection.exec('ROLLBACK');
    throw error;
  }
}

/** The version of the file: 0 when it is still empty. */
export function checkVersion(connection: Connection, path: string, latest: number): number {
  const version = pragma(connection, 'user_version');
  const isOurs = pragma(connection, 'application_id') === APPLICATION_ID;
  const isEmpty = connection.get('SELECT 1 FROM sqlite_schema LIMIT 1') === undefined;
  if (!isOurs && !isEmpty)
    throw new CarrelError(
      'store_corrupt',
      `${path} is an SQLite database, but not one of Carrel. Move it away.`,
      {
        data: { path },
      },
    );
  if (version > latest) throw newerFile(path, version, latest);
  return version;
}

function pragma(connection: Connection, name: string): number {
  return connection.get<Record<string, number>>(`PRAGMA ${name}`)?.[name] ?? 0;
}

function newerFile(path: string, version: number, latest: number): CarrelError {
  const backup = latestBackup(path, latest);
  const remedy =
    backup === undefined
      ? 'Upgrade this program.'
      : `Upgrade this program, or put back ${backup}, which was copied before the file was changed.`;
  return new CarrelError(
    'version_mismatch',
    `${path} has version ${version}; this program knows versions up to ${latest}. ${remedy}`,
    { data: { path, version, latest, ...(backup === undefined ? {} : { backup }) } },
  );
}

function latestBackup(path: string, latest: number): string | undefined {
  const prefix = `${basename(path)}.backup-v`;
  const versions = readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter((version) => version <= latest);
  return versions.length === 0 ? undefined : join(dirname(path), `${prefix}${Math.max(...versions)}`);
}

function backUp(connection: Connection, backup: string): void {
  const unfinished = `${backup}.tmp`;
  rmSync(unfinished, { force: true });
  connection.run('VACUUM INTO ?', unfinished);
  chmodSync(unfinished, 0o600);
  renameSync(unfinished, backup);
}
