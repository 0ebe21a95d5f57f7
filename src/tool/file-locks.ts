// Sessions share folders, and would undo each other's changes without a word. So a turn that has changed a file keeps it from the
// turns of others until it rests, and whoever is about to replace a file that somebody changed since is told. Both are known to
// this host's memory alone: a new host knows nobody, and refuses nothing that is not certain.
import type { BigIntStats } from 'node:fs';
import type { Clock } from '../base/index.ts';
import { CarrelError } from '../protocol/index.ts';

export interface FileLock {
  /** Absolute and real. */
  readonly path: string;
  readonly session: string;
  readonly name: string;
  readonly since: number;
}

export type FileUser = Pick<FileLock, 'session' | 'name'>;

/** The files of one host, as one session meets them. */
export interface SessionFiles {
  /** It has read the file, or changed it, and knows it as it is. */
  saw(path: string, stats: BigIntStats): void;
  /** `conflict` while a turn of another session keeps the file. */
  refuseLocked(path: string, given: string): void;
  /** Who changed the file since this session saw it; undefined when nobody did, or nobody knows. */
  changedBy(path: string, stats: BigIntStats | undefined): string | undefined;
  /** It has changed the file, and keeps it until `release`. */
  changed(path: string, stats: BigIntStats): void;
}

/** Files remembered of each kind; those met longest ago are forgotten, and nothing is refused for them. */
const REMEMBERED = 10_000;

interface Change extends FileUser {
  readonly version: string;
}

export class FileLocks {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #locks = new Map<string, FileLock>();
  readonly #seen = new Map<string, string>();
  readonly #changes = new Map<string, Change>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  of(user: FileUser): SessionFiles {
    const key = (path: string): string => `${user.session}\0${path}`;
    const saw = (path: string, stats: BigIntStats): void => remember(this.#seen, key(path), versionOf(stats));
    return {
      saw,
      refuseLocked: (path, given) => this.#refuseLocked(user, path, given),
      changedBy: (path, stats) => {
        const now = stats === undefined ? undefined : versionOf(stats);
        const seen = this.#seen.get(key(path));
        if (now === undefined || seen === now) return undefined;
        const last = this.#changes.get(path);
        if (last?.version === now) return last.session === user.session ? undefined : sessionOf(last);
        return seen === undefined ? undefined : 'somebody else, or a command,';
      },
      changed: (path, stats) => {
        saw(path, stats);
        remember(this.#changes, path, { ...user, version: versionOf(stats) });
        const since = this.#locks.get(path)?.since ?? this.#clock.now();
        this.#locks.set(path, { ...user, path, since });
      },
    };
  }

  /** Its turn rests: others may change what it changed. */
  release(session: string): void {
    for (const [path, lock] of this.#locks) if (lock.session === session) this.#locks.delete(path);
  }

  list(): readonly FileLock[] {
    return [...this.#locks.values()];
  }

  #refuseLocked({ session }: FileUser, path: string, given: string): void {
    const lock = this.#locks.get(path);
    if (lock === undefined || lock.session === session) return;
    const message = `"${given}" is being changed by ${sessionOf(lock)}, since ${new Date(lock.since).toISOString()}: go on with something else, and try again when its turn has ended`;
    throw new CarrelError('conflict', message, { data: { path: given, session: lock.session } });
  }
}

function sessionOf({ name, session }: FileUser): string {
  return `session ${name} (${session})`;
}

/** A change of any file gives it another one, as far as the file system's time goes. */
function versionOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs].join(':');
}

/** What is met again moves to the end: the first one is the one met longest ago. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest);
}
