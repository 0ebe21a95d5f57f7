// One writing host per home. The lock is a write transaction that is never finished, on a database of its own: underneath is
// the operating system's file lock, which dies with its process and needs no clock and no pid. `host.json` beside it only says
// who has it. It is on a file of its own because readers would meet a lock on the store itself.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { isJsonObject, parseJson } from '../../base/index.ts';
import { CarrelError } from '../../protocol/errors.ts';
import type { Database, OpenDatabase } from './driver.ts';
import type { Home } from './home.ts';
import { isMissing, troubleOf, withTrouble } from './trouble.ts';

/** How long to wait for a holder that has not said yet who it is; well below the 2 s within which we answer. */
const UNNAMED_TRIES = 40;
const UNNAMED_WAIT_MS = 25;

const SQLITE_BUSY = 5;

/** Holds until disposed, or until this process ends in whatever way. Throws `home_in_use` with the holder's pid. */
export async function lockHome(home: Home, open: OpenDatabase): Promise<Disposable> {
  for (let tries = 1; ; tries++) {
    const database = tryLock(home, open);
    if (database !== undefined) return held(home, database);
    const pid = holderOf(home);
    if (pid !== undefined || tries === UNNAMED_TRIES) throw inUse(home, pid);
    await wait(UNNAMED_WAIT_MS);
  }
}

function tryLock({ lock }: Home, open: OpenDatabase): Database | undefined {
  const database = withTrouble(lock, () => open({ path: lock, busyMs: 0 }));
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE'); // no journal file that a kill would leave behind
    return database;
  } catch (error) {
    database.close();
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY) return undefined;
    throw troubleOf(error, lock) ?? error;
  }
}

function held({ host }: Home, database: Database): Disposable {
  let isHeld = true;
  try {
    withTrouble(host, () => sayWho(host));
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    [Symbol.dispose]() {
      if (!isHeld) return;
      isHeld = false;
      rmSync(host, { force: true });
      database.close();
    },
  };
}

function sayWho(host: string): void {
  const startedAt = Math.round(performance.timeOrigin);
  writeFileSync(`${host}.tmp`, JSON.stringify({ pid: process.pid, startedAt }), { mode: 0o600 });
  renameSync(`${host}.tmp`, host);
}

/** The pid in `host.json`, if that process is alive: a dead one left the file behind, and the holder has yet to replace it. */
export function holderOf({ host }: Home): number | undefined {
  try {
    const said = parseJson(readFileSync(host, 'utf8'));
    const pid = said.ok && isJsonObject(said.value) ? said.value['pid'] : undefined;
    return typeof pid === 'number' && isAlive(pid) ? pid : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw troubleOf(error, host) ?? error;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function inUse({ folder }: Home, pid: number | undefined): CarrelError {
  const who = pid === undefined ? 'Another process' : `Process ${pid}`;
  return new CarrelError(
    'home_in_use',
    `${who} is writing to the home ${folder}. Use that process, wait for its end, or set another CARREL_HOME.`,
    { data: { home: folder, ...(pid === undefined ? {} : { pid }) } },
  );
}
