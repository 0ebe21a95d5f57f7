// Trust is given to the file that a human could read at that moment: with the folder goes the digest of its configuration,
// so that a file which changes later (by `git pull`, or by an agent) asks again.
import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CarrelError, TrustFile } from '../protocol/index.ts';
import { errorCode, readSmallFile } from './files.ts';
import { PROJECT_CONFIG, type Home } from './home.ts';
import { readState, writeState, type Notice, type StateFile } from './state.ts';

/** `changed`: the folder was trusted, but its configuration is not the one that was. */
export type Trust = 'trusted' | 'changed' | 'untrusted';

interface TrustQuestion {
  readonly notice: Notice;
  /** The configuration that is about to be used, so that what is checked is what is read. Read now when left out. */
  readonly content?: Uint8Array;
}

export function trustOf(home: Home, folder: string, { notice, content }: TrustQuestion): Trust {
  const known = read(home, notice).get(realPath(folder));
  if (known === undefined) return 'untrusted';
  return known === digest(content ?? projectConfig(folder)) ? 'trusted' : 'changed';
}

export function isTrusted(home: Home, folder: string, notice: Notice): boolean {
  return trustOf(home, folder, { notice }) === 'trusted';
}

/** Trusts the folder's configuration as it is now, also if there is none yet. `not_found` when it is not a folder. */
export function trust(home: Home, folder: string, notice: Notice): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new CarrelError('not_found', `${folder} is not a folder`, { data: { folder } });
  }
  const folders = read(home, notice);
  write(home, folders.set(realPath(folder), digest(projectConfig(folder))));
}

/** Whether there was a trust to take back. Works for folders that are gone. */
export function untrust(home: Home, folder: string, notice: Notice): boolean {
  const folders = read(home, notice);
  const found = folders.delete(realPath(folder));
  if (found) write(home, folders);
  return found;
}

/** Trusted folders in order of their paths. */
export function listTrusted(
  home: Home,
  notice: Notice,
): readonly { readonly folder: string; readonly state: Trust }[] {
  const folders = [...read(home, notice).keys()].toSorted();
  return folders.map((folder) => ({ folder, state: trustOf(home, folder, { notice }) }));
}

const file = (home: Home): StateFile<TrustFile> => ({
  path: home.trusted,
  schema: TrustFile,
  empty: { version: 1, folders: {} },
});

function read(home: Home, notice: Notice): Map<string, string> {
  const { folders } = readState(file(home), notice);
  return new Map(Object.entries(folders).map(([folder, { config }]) => [folder, config]));
}

function write(home: Home, folders: ReadonlyMap<string, string>): void {
  const entries = [...folders].map(([folder, config]) => [folder, { config }] as const);
  writeState(file(home), { version: 1, folders: Object.fromEntries(entries) });
}

function projectConfig(folder: string): Uint8Array {
  return readSmallFile(join(folder, PROJECT_CONFIG))?.bytes ?? new Uint8Array();
}

function digest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    return resolve(folder);
  }
}
