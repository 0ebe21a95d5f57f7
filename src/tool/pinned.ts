// Between the moment a path was judged and the moment it is used, any part of it can be swapped for a link. So a directory
// is opened first, the kernel is asked where the open directory really is, and every file is then reached through it.
// Linux gives such paths under /proc/self/fd; elsewhere the path is used and checked again after the file is open.
import { constants } from 'node:fs';
import { lstat, mkdir, open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CarrelError } from '../protocol/index.ts';
import { denyRules } from './deny.ts';
import { fileError, systemCode } from './file-error.ts';
import { escapes, isInside, resolveInside, type Place } from './paths.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** An open directory inside the folder. Close it; its paths are of no use afterwards. */
export interface PinnedDirectory extends AsyncDisposable {
  /** Leads to this directory even when its path leads elsewhere by now. */
  readonly path: string;
  /** Rejects with `forbidden` when the directory has been moved out of the folder. */
  check(): Promise<void>;
  /** Makes renames and new names in it durable. */
  sync(): Promise<void>;
}

/** What a call asked for and the rules it must keep. */
export interface Reach {
  readonly folder: string;
  readonly deny?: readonly string[];
}

/** `resolveInside`, and the deny rules once more: what a path leads to may have changed since the call was judged. */
export async function reach({ folder, deny }: Reach, given: string): Promise<Place> {
  const place = await resolveInside(folder, given);
  const rules = denyRules(deny ?? []);
  const rule = rules(place.relative) ?? rules(place.asked);
  if (rule === undefined) return place;
  throw new CarrelError('forbidden', `rule deny.paths "${rule}" denies "${given}"`);
}

/** `reach` for what must exist already (`not_found`). */
export async function reachExisting(request: Reach, given: string): Promise<Place> {
  const place = await reach(request, given);
  if (place.missing.length > 0) throw fileError({ code: 'ENOENT' }, given);
  return place;
}

/** Opens the directory at `path`, which must be inside the place's folder at that moment. */
export async function pinDirectory(place: Place, path: string): Promise<PinnedDirectory> {
  if (process.platform === 'win32') return checkedDirectory(place, path);
  const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const pinned = process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : undefined;
  const check = async (): Promise<void> => {
    const where = pinned === undefined ? await realpath(path) : await readlink(pinned);
    if (!isInside(place.root, where)) throw escapes(place.given, place.root);
  };
  try {
    await check();
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    path: pinned ?? path,
    check,
    sync: () => handle.sync(),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** Windows opens no directories; there the path is checked, and names are durable when the file system says so. */
async function checkedDirectory(place: Place, path: string): Promise<PinnedDirectory> {
  const check = async (): Promise<void> => {
    if (!isInside(place.root, await realpath(path))) throw escapes(place.given, place.root);
  };
  await check();
  return { path, check, sync: () => Promise.resolve(), [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Opens the directory that holds, or will hold, the place; makes the directories that are missing on the way. */
export async function pinParent(place: Place): Promise<PinnedDirectory> {
  const names = place.missing.slice(0, -1);
  const existing = names.reduceRight((path) => dirname(path), dirname(place.path));
  let parent = await pinDirectory(place, existing);
  for (const name of names) {
    await using outer = parent;
    await mkdir(join(outer.path, name)).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') throw error;
    });
    await outer.sync();
    parent = await pinDirectory(place, join(outer.path, name));
  }
  return parent;
}

/**
 * Opens a regular file for reading. Links, devices, pipes and sockets are refused, and opening never waits for the other
 * end of a pipe. The caller closes the handle.
 */
export async function openFile(place: Place): Promise<FileHandle> {
  if (place.relative === '') throw fileError({ code: 'EISDIR' }, place.given);
  if (place.missing.length > 0) throw fileError({ code: 'ENOENT' }, place.given);
  try {
    await using parent = await pinDirectory(place, dirname(place.path));
    const path = join(parent.path, basename(place.path));
    requireRegular(await lstat(path), place);
    const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      requireRegular(await handle.stat(), place);
      await parent.check();
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  } catch (error) {
    throw fileError(error, place.given);
  }
}

interface Kinds {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** Only regular files are read and replaced: anything else could block, have effects, or lead elsewhere. */
export function requireRegular(stat: Kinds, place: Place): void {
  if (stat.isFile()) return;
  if (stat.isDirectory()) throw fileError({ code: 'EISDIR' }, place.given);
  if (stat.isSymbolicLink()) throw fileError({ code: 'ELOOP' }, place.given);
  throw new CarrelError(
    'forbidden',
    `"${place.given}" is a device, a pipe or a socket: only regular files are used`,
  );
}
