// Who used power, and who tried to get in. Lines of JSON; each names the digest of the one before it, so that a line that is
// changed, left out or put in shows. Whoever can rewrite all of it can still do so: keep a copy elsewhere if that matters.
// The file is put aside when it is full, and the next one goes on with the chain.
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../base/index.ts';
import { CarrelError } from '../protocol/index.ts';
import { asideFiles, nextAside } from './audit-files.ts';
import { lockFileSoon } from './file-lock.ts';

export interface AuditEntry {
  /** `owner`, the name of a token, or `unknown`. Never a secret. */
  readonly who: string;
  readonly what: string;
  /** `asked` before it is carried out; then `ok`, or the code of the error. */
  readonly result: string;
  /** So many of the same, since the line like it before; left out, one. */
  readonly times?: number;
}

export interface Audit {
  /** Resolves when it is synced; in order. `store_unavailable` when it cannot be written, `overloaded` when too many wait. */
  write(entry: AuditEntry): Promise<void>;
}

export interface AuditBounds {
  /** Above it the file is put aside. */
  readonly fileBytes: number;
  /** Files put aside that are kept; the oldest go first. */
  readonly asideFiles: number;
}

/** Some 30,000 lines a file; in all what a year of an owner's own use does not fill. */
export const AUDIT_BOUNDS: AuditBounds = { fileBytes: 8 * 1024 * 1024, asideFiles: 7 };

/** What the first line names. */
export const NOTHING = '';
/** A line has at most some 3 KiB: a tail of this holds the last one whole. */
const TAIL_BYTES = 8192;
const LONGEST_TEXT = 256;
/** Each is a call that waits for its line; more than this come only when the disk hangs. */
const MAX_WAITING = 1000;

interface Waiting {
  readonly entry: AuditEntry & { readonly at: number };
  readonly written: PromiseWithResolvers<void>;
}

/** The file is made (0600) with its first line. Processes may share it. What comes while one sync runs shares the next. */
export function openAudit(path: string, clock: Clock, bounds = AUDIT_BOUNDS): Audit {
  let waiting: Waiting[] = [];
  let working = false;
  const work = async (): Promise<void> => {
    if (working) return;
    working = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        await appendLocked({ path, clock, bounds }, group);
        for (const { written } of group) written.resolve();
      } catch (cause) {
        const error = unwritten(path, cause);
        for (const { written } of group) written.reject(error); // whoever asked hears of it; the next one tries again
      }
    }
    working = false;
  };
  return {
    write(entry) {
      if (waiting.length >= MAX_WAITING) return Promise.reject(tooMany(path));
      const written = Promise.withResolvers<void>();
      waiting.push({ entry: { at: clock.now(), ...short(entry) }, written });
      void work();
      return written.promise;
    },
  };
}

function short({ who, what, result, times }: AuditEntry): AuditEntry {
  const [a, b] = [who.slice(0, LONGEST_TEXT), what.slice(0, LONGEST_TEXT)];
  return { who: a, what: b, result, ...(times === undefined ? {} : { times }) };
}

interface Place {
  readonly path: string;
  readonly clock: Clock;
  readonly bounds: AuditBounds;
}

async function appendLocked({ path, clock, bounds }: Place, group: readonly Waiting[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  using _ = await lockFileSoon(`${path}.lock`, clock);
  const size = await append(path, group);
  if (size >= bounds.fileBytes) await putAside(path, bounds);
}

/** The size of the file then. */
async function append(path: string, group: readonly Waiting[]): Promise<number> {
  const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW } = constants; // what a system does not have counts as 0
  await using file = await open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
  const tail = await tailOf(file);
  const isNew = tail === '';
  // A line that a power cut left half is ended, and stays visible as damage.
  const gap = isNew || tail.endsWith('\n') ? '' : '\n';
  let before = isNew ? await lastAside(path) : lastLine(tail);
  const lines = group.map(({ entry }) => {
    const line = JSON.stringify({ ...entry, prev: before === undefined ? NOTHING : digestOfLine(before) });
    before = line;
    return `${line}\n`;
  });
  await file.appendFile(gap + lines.join(''));
  await file.sync();
  if (isNew) await syncFolder(dirname(path));
  return (await file.stat()).size;
}

async function tailOf(file: FileHandle): Promise<string> {
  const { size } = await file.stat();
  const length = Math.min(size, TAIL_BYTES);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.toString();
}

function lastLine(text: string): string | undefined {
  const line = text.trimEnd().split('\n').at(-1);
  return line === '' ? undefined : line;
}

/** What the first line of a new file goes on from. */
async function lastAside(path: string): Promise<string | undefined> {
  const last = asideFiles(path).at(-1);
  if (last === undefined) return undefined;
  await using file = await open(last.path, 'r');
  return lastLine(await tailOf(file));
}

async function putAside(path: string, bounds: AuditBounds): Promise<void> {
  const aside = asideFiles(path);
  await rename(path, nextAside(path, aside));
  const surplus = aside.slice(0, Math.max(0, aside.length + 1 - bounds.asideFiles));
  for (const old of surplus) await rm(old.path, { force: true });
  await syncFolder(dirname(path));
}

/** Makes a new name last; where a folder cannot be opened (Windows) the file system journals it. */
async function syncFolder(path: string): Promise<void> {
  try {
    await using folder = await open(path, 'r');
    await folder.sync();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EPERM', 'EISDIR', 'EACCES', 'EINVAL'].includes(code)) throw error;
  }
}

export function digestOfLine(line: string): string {
  return createHash('sha256').update(line).digest('hex');
}

function unwritten(path: string, cause: unknown): CarrelError {
  return new CarrelError('store_unavailable', `cannot write ${path}: ${String(cause)}`, {
    data: { file: path },
    cause,
  });
}

function tooMany(path: string): CarrelError {
  const message = `${String(MAX_WAITING)} lines wait to be written to ${path}: try again later`;
  return new CarrelError('overloaded', message, { data: { limit: MAX_WAITING, retryAfterMs: 1000 } });
}
