// Who used power, and who tried to get in. Lines of JSON; each names the digest of the one before it, so that a line that is
// changed, left out or put in shows. Whoever can rewrite the whole file can still do so: keep a copy elsewhere if that matters.
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { isJsonObject, parseJson, sleep, type Clock } from '../base/index.ts';
import { CarrelError } from '../protocol/index.ts';

export interface AuditEntry {
  /** `owner`, the name of a token, or `unknown`. Never a secret. */
  readonly who: string;
  readonly what: string;
  /** `ok`, or the code of the error. */
  readonly result: string;
}

export interface Audit {
  /** Resolves when it is synced; in order. `store_unavailable` when it cannot be written. */
  write(entry: AuditEntry): Promise<void>;
}

/** What the first line names. */
const NOTHING = '';
/** Longest line, with much room: a tail of this holds the last one whole. */
const TAIL_BYTES = 8192;
/** Another process writes a line in well under a millisecond; one that died in it left the lock behind. */
const LOCK_TRIES = 100;
const LOCK_WAIT_MS = 10;

/** The file is made (0600) with its first line. Processes may share it. */
export function openAudit(path: string, clock: Clock): Audit {
  let last: Promise<unknown> = Promise.resolve();
  return {
    write(entry) {
      const written = last.then(() => append(path, clock, entry));
      last = written.catch(() => undefined); // whoever asked hears of it; the next one tries again
      return written;
    },
  };
}

async function append(path: string, clock: Clock, entry: AuditEntry): Promise<void> {
  const lock = `${path}.lock`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    await take(lock, clock);
    try {
      writeLine(path, { at: clock.now(), ...entry });
    } finally {
      rmSync(lock, { force: true });
    }
  } catch (cause) {
    throw new CarrelError('store_unavailable', `cannot write ${path}: ${String(cause)}`, {
      data: { file: path },
      cause,
    });
  }
}

async function take(lock: string, clock: Clock): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      closeSync(openSync(lock, 'wx', 0o600));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (tries === LOCK_TRIES) rmSync(lock, { force: true });
      await sleep(clock, LOCK_WAIT_MS);
    }
  }
}

function writeLine(path: string, entry: AuditEntry & { readonly at: number }): void {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
  try {
    const tail = readTail(file);
    // A line that a power cut left half is ended, and stays visible as damage.
    const gap = tail === '' || tail.endsWith('\n') ? '' : '\n';
    const before = tail.trimEnd().split('\n').at(-1) ?? '';
    const line = JSON.stringify({ ...entry, prev: before === '' ? NOTHING : digest(before) });
    writeSync(file, `${gap}${line}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function readTail(file: number): string {
  const { size } = fstatSync(file);
  const length = Math.min(size, TAIL_BYTES);
  const bytes = Buffer.alloc(length);
  readSync(file, bytes, 0, length, size - length);
  return bytes.toString();
}

function digest(line: string): string {
  return createHash('sha256').update(line).digest('hex');
}

/** The numbers, from 1, of lines that do not follow from the line before them. */
export function brokenLines(text: string): readonly number[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.flatMap((line, index) => {
    const before = lines[index - 1];
    const parsed = parseJson(line);
    const prev = parsed.ok && isJsonObject(parsed.value) ? parsed.value['prev'] : undefined;
    return prev === (before === undefined ? NOTHING : digest(before)) ? [] : [index + 1];
  });
}
