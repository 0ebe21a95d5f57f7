import { CarrelError, type ErrorCode } from '../protocol/index.ts';

/** The operating system's own code of an error, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

const MEANINGS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['not_found', 'does not exist: look with list or glob'],
  ENOTDIR: ['invalid_params', 'goes through something that is not a directory'],
  EISDIR: ['invalid_params', 'is a directory: use list'],
  ENAMETOOLONG: ['invalid_params', 'is too long for this file system'],
  ELOOP: ['forbidden', 'became or goes through a symbolic link that cannot be followed'],
  EACCES: ['forbidden', 'is not accessible: the operating system denies it to this user'],
  EPERM: ['forbidden', 'is not accessible: the operating system denies it to this user'],
  EROFS: ['tool_failed', 'is on a read-only file system'],
  ENOSPC: ['tool_failed', 'cannot be written: the disk is full'],
  EDQUOT: ['tool_failed', 'cannot be written: the disk quota is used up'],
};

/** What went wrong with a file, in our words. An error that already has one of our codes is kept. */
export function fileError(error: unknown, path: string): CarrelError {
  if (error instanceof CarrelError) return error;
  const [code, meaning] = MEANINGS[systemCode(error) ?? ''] ?? [
    'tool_failed',
    `cannot be used: ${String(error)}`,
  ];
  return new CarrelError(code, `"${path}" ${meaning}`, { cause: error });
}
