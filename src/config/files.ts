// Small files that people and programs share. They are read with a bound and never through a device or a pipe, and
// replaced whole: a reader sees the old file or the new one, and what was acknowledged survives a power cut.
// All of it is synchronous: it happens at start, or when a human acts.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { CarrelError, isErrorCode } from '../protocol/index.ts';

/** Bytes of the largest file read here: far above any configuration written by hand, far below what hurts. */
export const MAX_FILE_BYTES = 1024 * 1024;

export interface FileContent {
  readonly bytes: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
}

/**
 * The content of an ordinary file, or undefined when there is none. `invalid_params` for a folder, a pipe, a device, a
 * file above `MAX_FILE_BYTES` and one that cannot be read.
 */
export function readSmallFile(path: string): FileContent | undefined {
  let file: number;
  try {
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw unreadable(path, reasonOf(error), error);
  }
  try {
    const stats = fstatSync(file);
    const problem = unfit(stats);
    if (problem !== undefined) throw unreadable(path, problem);
    return { bytes: readBounded(path, file), mode: stats.mode & 0o777 };
  } catch (error) {
    throw isErrorCode(errorCode(error)) ? error : unreadable(path, reasonOf(error), error);
  } finally {
    closeSync(file);
  }
}

function unfit(stats: Stats): string | undefined {
  if (stats.isDirectory()) return 'it is a folder, not a file';
  if (!stats.isFile()) return 'it is not an ordinary file';
  return stats.size > MAX_FILE_BYTES
    ? `it has ${stats.size} bytes; at most ${MAX_FILE_BYTES} are read`
    : undefined;
}

/** Reads to the end, however the file grows meanwhile. */
function readBounded(path: string, file: number): Uint8Array {
  const buffer = new Uint8Array(MAX_FILE_BYTES + 1);
  let length = 0;
  for (;;) {
    const count = readSync(file, buffer, length, buffer.length - length, null);
    if (count === 0) return buffer.slice(0, length);
    length += count;
    if (length > MAX_FILE_BYTES) throw unreadable(path, `it has more than ${MAX_FILE_BYTES} bytes`);
  }
}

/**
 * Replaces the file (0600) and syncs it and its folder; makes the folder (0700) when there is none. `forbidden` for a
 * symbolic link or anything else that is not an ordinary file, `store_unavailable` when it cannot be written or synced.
 * Two processes that write at once: the later one wins, whole.
 */
export function replaceFile(path: string, content: string | Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    refuseUnlessOrdinary(path);
    putInPlace(path, content);
    syncFolder(dirname(path));
  } catch (error) {
    if (isErrorCode(errorCode(error))) throw error;
    const message = `Cannot write ${path}: ${reasonOf(error)}`;
    throw new CarrelError('store_unavailable', message, { data: { file: path }, cause: error });
  }
}

function putInPlace(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeSynced(temporary, content);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** A link could point a write of ours at any file of the user. */
function refuseUnlessOrdinary(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isFile()) return;
  const what = stats.isSymbolicLink() ? 'a symbolic link' : 'not an ordinary file';
  throw new CarrelError('forbidden', `${path} is ${what}; it is not replaced`, { data: { file: path } });
}

function writeSynced(path: string, content: string | Uint8Array): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes a rename last. Some systems (Windows) cannot open or sync a folder; there the rename is journaled by the file system. */
function syncFolder(path: string): void {
  let folder: number | undefined;
  try {
    folder = openSync(path, 'r');
    fsyncSync(folder);
  } catch (error) {
    if (!['EPERM', 'EISDIR', 'EACCES', 'EINVAL'].includes(errorCode(error))) throw error;
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
}

export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'it is a folder, not a file',
  EEXIST: 'a part of the path is not a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ELOOP: 'too many symbolic links',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
};

export function reasonOf(error: unknown): string {
  return REASONS[errorCode(error)] ?? (error instanceof Error ? error.message : String(error));
}

function unreadable(path: string, reason: string, cause?: unknown): CarrelError {
  return new CarrelError('invalid_params', `Cannot read ${path}: ${reason}`, { data: { file: path }, cause });
}
