// Which errors are the world's and not ours: the disk, the file, the permissions.
import { CarrelError, codeOf, type ErrorCode } from '../../protocol/errors.ts';

/** SQLite's primary result codes. */
const SQLITE: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  3: ['store_unavailable', 'access is denied'],
  5: ['store_unavailable', 'another process holds its lock'],
  6: ['store_unavailable', 'a table is locked'],
  7: ['store_unavailable', 'memory is used up'],
  8: ['store_unavailable', 'it is read-only'],
  10: ['store_unavailable', 'the disk fails'],
  11: ['store_corrupt', 'it is damaged'],
  13: ['store_unavailable', 'the disk is full'],
  14: ['store_unavailable', 'it cannot be opened'],
  22: ['store_unavailable', 'it is too large for this system'],
  26: ['store_corrupt', 'it is not an SQLite database'],
};

const SYSTEM: Readonly<Record<string, string>> = {
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it is too large for this system',
  EIO: 'the disk fails',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOENT: 'it is gone',
  ENOTDIR: 'a part of the path is not a folder',
  ENAMETOOLONG: 'the path is too long',
  ELOOP: 'its links lead in a circle',
};

/** The error as ours when the world is at fault, naming what failed at which path; undefined when it is a bug. Ours pass as they are. */
export function troubleOf(error: unknown, path: string): CarrelError | undefined {
  if (isTrouble(codeOf(error))) return error as CarrelError;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  const [kind, why] =
    (typeof errcode === 'number' ? SQLITE[errcode & 0xff] : undefined) ??
    (typeof code === 'string' && Object.hasOwn(SYSTEM, code) ? ['store_unavailable', SYSTEM[code]] : []);
  if (kind === undefined) return undefined;
  const remedy =
    kind === 'store_corrupt' ? 'Run `carrel doctor`.' : 'Reading goes on; writing does when this is mended.';
  return new CarrelError(kind, `The store cannot use ${path}: ${why ?? ''}. ${remedy}`, {
    data: { path, reason: (error as Error).message },
    cause: error,
  });
}

function isTrouble(code: ErrorCode): boolean {
  return code === 'store_unavailable' || code === 'store_corrupt';
}

/** Runs `work`; what the world does to `path` is thrown as ours. */
export function withTrouble<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw troubleOf(error, path) ?? error;
  }
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
