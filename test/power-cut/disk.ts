// A disk that forgets. What was synced stays. Of what was not, a power cut keeps as much as it likes: of a file any of its
// sectors, and of the names in folders those up to some moment.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Deed } from './trace.ts';

/** Numbers from 0 to below 1. */
export type Chance = () => number;

/** What the cut makes of what was not synced. */
export const WAYS = ['lost', 'kept', 'torn'] as const;
export type Way = (typeof WAYS)[number];

/** Written whole or not at all. */
const SECTOR = 512;

type Change = Extract<Deed, { kind: 'write' | 'cut' }>;
type Naming = Extract<Deed, { kind: 'name' | 'unname' | 'rename' }>;
type Names = Map<string, number | 'folder'>;

interface Done<T> {
  readonly deed: T;
  /** Its number among all deeds. */
  readonly at: number;
}

interface File {
  synced: Bytes;
  unsynced: Done<Change>[];
}

export class Disk {
  readonly #files = new Map<number, File>();
  readonly #names: Names = new Map();
  #unsyncedNames: Done<Naming>[] = [];
  #done = 0;

  /** These folders are there from the beginning. */
  constructor(folders: readonly string[]) {
    for (const folder of folders) this.#names.set(folder, 'folder');
  }

  do(deed: Deed): void {
    const at = this.#done++;
    switch (deed.kind) {
      case 'write':
      case 'cut':
        return void this.#file(deed.file).unsynced.push({ deed, at });
      case 'sync':
        return this.#sync(this.#file(deed.file), deed.from);
      case 'sync-folder':
        return this.#syncNames(deed.path, deed.from);
      default:
        this.#unsyncedNames.push({ deed, at });
    }
  }

  /** Writes what is left after a cut at this moment, below `target` in place of `folder`. The disk goes on. */
  cut({ folder, target, way, chance }: { folder: string; target: string; way: Way; chance: Chance }): void {
    const names: Names = new Map(this.#names);
    const kept = way === 'lost' ? 0 : Math.floor(chance() * (this.#unsyncedNames.length + 1));
    const upTo = way === 'kept' ? this.#unsyncedNames.length : kept;
    for (const { deed } of this.#unsyncedNames.slice(0, upTo)) applyName(names, deed);
    for (const [path, file] of [...names].toSorted(([a], [b]) => a.length - b.length)) {
      const copy = join(target, path.slice(folder.length));
      if (!isReached(names, path, folder)) continue;
      if (file === 'folder') mkdirSync(copy, { recursive: true });
      else if (!path.endsWith('-shm')) writeFileSync(copy, this.#left(this.#file(file), way, chance));
    }
  }

  #left({ synced, unsynced }: File, way: Way, chance: Chance): Buffer {
    const bytes = synced.copy();
    for (const { deed } of way === 'lost' ? [] : unsynced) {
      if (way === 'kept') bytes.apply(deed);
      else for (const piece of pieces(deed)) if (chance() < 0.5) bytes.apply(piece);
    }
    return bytes.content;
  }

  #file(number: number): File {
    const known = this.#files.get(number);
    if (known !== undefined) return known;
    const file = { synced: new Bytes(), unsynced: [] };
    this.#files.set(number, file);
    return file;
  }

  #sync(file: File, from: number): void {
    for (const { deed, at } of file.unsynced) if (at < from) file.synced.apply(deed);
    file.unsynced = file.unsynced.filter(({ at }) => at >= from);
  }

  #syncNames(folder: string, from: number): void {
    const isSynced = ({ deed, at }: Done<Naming>): boolean => at < from && dirname(deed.path) === folder;
    for (const done of this.#unsyncedNames) if (isSynced(done)) applyName(this.#names, done.deed);
    this.#unsyncedNames = this.#unsyncedNames.filter((done) => !isSynced(done));
  }
}

/** The bytes of one file; they grow in steps. */
class Bytes {
  #store = Buffer.alloc(0);
  #size = 0;

  get content(): Buffer {
    return this.#store.subarray(0, this.#size);
  }

  copy(): Bytes {
    const copy = new Bytes();
    copy.#store = Buffer.from(this.content);
    copy.#size = this.#size;
    return copy;
  }

  apply(change: Change): void {
    const end = change.kind === 'cut' ? change.size : change.offset + change.bytes.length;
    if (end > this.#store.length) this.#store = Buffer.concat([this.content, Buffer.alloc(end)]);
    if (change.kind === 'write') change.bytes.copy(this.#store, change.offset);
    if (change.kind === 'cut') this.#store.fill(0, end);
    this.#size = change.kind === 'cut' ? end : Math.max(this.#size, end);
  }
}

function* pieces(change: Change): Iterable<Change> {
  if (change.kind === 'cut') return void (yield change);
  const { bytes, offset } = change;
  for (let start = 0; start < bytes.length;) {
    const end = Math.min(bytes.length, start + SECTOR - ((offset + start) % SECTOR));
    yield { ...change, offset: offset + start, bytes: bytes.subarray(start, end) };
    start = end;
  }
}

function applyName(names: Names, deed: Naming): void {
  if (deed.kind === 'name') names.set(deed.path, deed.file);
  else if (deed.kind === 'unname') names.delete(deed.path);
  else {
    const file = names.get(deed.path);
    names.delete(deed.path);
    if (file !== undefined) names.set(deed.to, file);
  }
}

/** Whether every folder above it, up to `folder`, is there as well. */
function isReached(names: Names, path: string, folder: string): boolean {
  return (
    path === folder || (names.get(dirname(path)) === 'folder' && isReached(names, dirname(path), folder))
  );
}
