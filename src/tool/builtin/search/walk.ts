// Runs in a search thread, where blocking calls block nobody and are several times cheaper.
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  type Dirent,
} from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { denyRules } from '../../deny.ts';
import type { SearchJob } from './job.ts';

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** A regular file. `path` works only until the walk goes on. */
export interface Found {
  /** From the session's folder, with `/`. */
  readonly relative: string;
  readonly path: string;
}

/** What a walk passed by, for the notes of its result. */
export interface Passed {
  readonly leftOut: Set<string>;
  links: number;
  denied: number;
  unreadable: number;
  binary: number;
}

export function nothingPassed(): Passed {
  return { leftOut: new Set(), links: 0, denied: 0, unreadable: 0, binary: 0 };
}

/**
 * Every regular file below `job.start`, directory by directory in the order of names. Follows no link, so it neither
 * leaves the folder nor runs in circles, and holds on to no path: each directory is opened, and its open handle asked
 * where it is, before its names are used.
 */
export function* walk(job: SearchJob, passed: Passed): Generator<Found> {
  const rules = denyRules(job.deny);
  const waiting = [job.start];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    using directory = openDirectory(path);
    if (directory === undefined) {
      passed.unreadable++;
      continue;
    }
    const below: string[] = [];
    for (const entry of directory.entries) {
      const name = fromRoot(job, join(path, entry.name));
      if (!isWanted(entry, job, passed)) continue;
      if (rules(name) !== undefined) passed.denied++;
      else if (entry.isDirectory()) below.push(join(path, entry.name));
      else yield { relative: name, path: join(directory.path, entry.name) };
    }
    waiting.push(...below.toReversed());
  }
}

/** The start itself when it is a file, else every file below it. */
export function* filesToRead(job: SearchJob, passed: Passed): Generator<Found> {
  if (!lstatSync(job.start).isFile()) {
    yield* walk(job, passed);
    return;
  }
  using directory = openDirectory(dirname(job.start));
  if (directory === undefined) passed.unreadable++;
  else yield { relative: fromRoot(job, job.start), path: join(directory.path, basename(job.start)) };
}

/** As people write it: from the session's folder, with `/`. */
export function fromRoot(job: SearchJob, path: string): string {
  return relative(job.root, path).replaceAll(sep, '/');
}

function isWanted(entry: Dirent, job: SearchJob, passed: Passed): boolean {
  if (entry.isSymbolicLink()) passed.links++;
  if (entry.isFile()) return true;
  if (!entry.isDirectory()) return false;
  if (!job.skipped.includes(entry.name)) return true;
  passed.leftOut.add(entry.name);
  return false;
}

interface OpenDirectory extends Disposable {
  readonly path: string;
  readonly entries: readonly Dirent[];
}

/** Undefined when it cannot be read or is not where it was: swapped for a link, moved or removed. */
function openDirectory(path: string): OpenDirectory | undefined {
  let handle: number | undefined;
  const close = (): void => {
    if (handle !== undefined) closeSync(handle);
  };
  try {
    handle = process.platform === 'linux' ? openSync(path, DIRECTORY) : undefined;
    const pinned = handle === undefined ? path : `/proc/self/fd/${handle}`;
    const where = handle === undefined ? realpathSync(path) : readlinkSync(pinned);
    if (where === path) return { path: pinned, entries: entriesOf(pinned), [Symbol.dispose]: close };
  } catch {
    close();
    return undefined;
  }
  close();
  return undefined;
}

function entriesOf(path: string): readonly Dirent[] {
  return readdirSync(path, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
