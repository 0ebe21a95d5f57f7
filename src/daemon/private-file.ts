// A file that lets its reader in. It counts only when nobody else could have read or written it, and it is that very file that is
// looked at: not what a path led to a moment ago.
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { platform } from 'node:os';
import { CarrelError } from '../protocol/index.ts';

/** Far above a file of tokens; what is larger is none. */
const MAX_BYTES = 1024 * 1024;

/** Undefined when there is none. `forbidden` for a link, a file of another user and one that others can read or change. */
export function readPrivateFile(path: string): string | undefined {
  const file = open(path);
  if (file === undefined) return undefined;
  try {
    const problem = problemOf(fstatSync(file));
    if (problem !== undefined) throw refused(path, problem);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function open(path: string): number | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants; // what a system does not have counts as 0
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK); // without O_NONBLOCK a pipe would wait for a writer
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw refused(
      path,
      code === 'ELOOP' ? 'is a link to another file' : `cannot be read (${message})`,
      error,
    );
  }
}

function problemOf(stats: Stats): string | undefined {
  if (!stats.isFile()) return 'is no ordinary file';
  if (stats.size > MAX_BYTES)
    return `has ${String(stats.size)} bytes, and at most ${String(MAX_BYTES)} are read`;
  if (platform() === 'win32') return undefined; // access lists there; bits mean nothing
  const { uid, mode } = stats;
  const me = process.getuid?.();
  if (uid !== me) return `belongs to user ${String(uid)}, not to ${String(me)}`;
  if ((mode & 0o077) === 0) return undefined;
  return `can be read or changed by others (mode ${(mode & 0o777).toString(8)}): chmod 600 it if nobody did`;
}

function refused(path: string, problem: string, cause?: unknown): CarrelError {
  const message = `${path} ${problem}; or delete it, and make new tokens`;
  return new CarrelError('forbidden', message, { data: { file: path }, cause });
}
