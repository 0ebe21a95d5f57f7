// The folder that holds a store, and how it is found fit for use.
import { closeSync, lstatSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CarrelError } from '../../protocol/errors.ts';
import { withTrouble } from './trouble.ts';

/** Paths of everything a store has in its home. */
export interface Home {
  readonly folder: string;
  readonly database: string;
  readonly blobs: string;
  readonly lock: string;
  /** Who has the lock, for people and error messages. */
  readonly host: string;
}

export function homeAt(folder: string): Home {
  return {
    folder,
    database: join(folder, 'carrel.db'),
    blobs: join(folder, 'blobs'),
    lock: join(folder, 'carrel.lock'),
    host: join(folder, 'host.json'),
  };
}

/** Makes the home if it is missing, readable by its user alone, and durable. Refuses what could lead writes elsewhere. */
export async function prepareHome(folder: string): Promise<Home> {
  const { home, made } = withTrouble(folder, () => makeHome(folder));
  // From the home up to the first folder that was there before.
  for (let path = home.folder; made !== undefined && path.length >= made.length; path = dirname(path))
    await syncFolder(dirname(path));
  return home;
}

/** The home as it is, for reading. */
export function existingHome(folder: string): Home {
  return withTrouble(folder, () => {
    refuseFile(folder);
    const home = homeAt(folder);
    refuseLinks(home);
    return home;
  });
}

/** A new name in a folder is durable only when the folder is. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there, and their entries are journaled
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `made` is the topmost folder that was not there. */
function makeHome(folder: string): { readonly home: Home; readonly made: string | undefined } {
  refuseFile(folder);
  const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
  const home = homeAt(realpathSync(folder));
  refuseLinks(home);
  mkdirSync(home.blobs, { recursive: true, mode: 0o700 });
  for (const file of [home.database, home.lock]) createFile(file);
  return { home, made: made === undefined ? undefined : realpathSync(made) };
}

function refuseFile(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new CarrelError(
      'invalid_params',
      `The home ${folder} is not a folder. Name a folder, or move this away.`,
      { data: { path: folder } },
    );
}

function refuseLinks({ database, lock, blobs, host }: Home): void {
  for (const path of [database, lock, blobs, host])
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      throw new CarrelError(
        'forbidden',
        `${path} is a symbolic link; the store writes only inside its home.`,
        { data: { path } },
      );
}

/** SQLite would create it readable by all. One that is there is not even opened: closing it would drop the locks this process has on it. */
function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
