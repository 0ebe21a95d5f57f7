// The mark of a call is something that every process it starts inherits: text in the environment, and an open file whose
// name holds the same text. To lose both, a process has to throw both away, and then it is still known by its parents.
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Stands in the environment of every process of a call: the marks of the calls it belongs to, one behind the other. */
export const CALL_VARIABLE = 'CARREL_CALL';
/** Starts the name of the open file. */
export const LEASH_PREFIX = 'carrel-call-';

/** What all marks of one host start with. Not to be guessed, and never used again. */
export function newHostMark(): string {
  return `${randomBytes(12).toString('hex')}.`;
}

/** No mark is the start of another. */
export function callMark(host: string, number: number): string {
  return `${host}${number}.`;
}

export interface Leash extends Disposable {
  readonly fd: number;
}

/**
 * Opens an empty file under the mark's name and removes the name: only those who inherit the open file can have it.
 * Undefined where files cannot be found by who holds them, or where no file can be made: the environment remains.
 */
export function openLeash(mark: string): Leash | undefined {
  if (process.platform !== 'linux') return undefined;
  const path = join(tmpdir(), `${LEASH_PREFIX}${mark}`);
  try {
    const fd = openSync(path, 'wx', 0o600);
    unlinkSync(path);
    return { fd, [Symbol.dispose]: () => closeSync(fd) };
  } catch {
    return undefined;
  }
}
