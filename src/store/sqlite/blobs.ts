// Large content, one file each, named by its SHA-256. Writing is asynchronous and beside the journal's thread; a blob is
// complete and synced under its name, or not there.
import { readdirSync, unlinkSync } from 'node:fs';
import { open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CarrelError, toErrorInfo, type ErrorInfo } from '../../protocol/errors.ts';
import { blobId, isBlobId } from '../chain.ts';
import { syncFolder } from './home.ts';
import { isMissing, troubleOf } from './trouble.ts';

const UNFINISHED = '.tmp';

/** Undefined when there is none. `store_corrupt` when its bytes are not what its name says. */
export async function readBlob(folder: string, id: string): Promise<Uint8Array | undefined> {
  if (!isBlobId(id)) return undefined;
  const path = join(folder, id);
  try {
    const bytes = await readFile(path);
    if (blobId(bytes) === id) return bytes;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw troubleOf(error, path) ?? error;
  }
  throw new CarrelError(
    'store_corrupt',
    `The blob ${path} is damaged: its bytes do not have the hash of its name.`,
    {
      data: { path },
    },
  );
}

/** The blobs of one home, as its one writer holds them. */
export class Blobs {
  readonly #folder: string;
  readonly #writing = new Map<string, Promise<void>>();
  /** Put, and not named by an event since: no erasing may remove these. */
  readonly #unnamed = new Set<string>();
  #error: ErrorInfo | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Why the last put failed, until one works. */
  get error(): ErrorInfo | undefined {
    return this.#error;
  }

  /** Removes what an earlier process left unfinished, and makes sure of what it finished. */
  async recover(): Promise<void> {
    for (const name of readdirSync(this.#folder))
      if (name.endsWith(UNFINISHED)) unlinkSync(join(this.#folder, name));
    await syncFolder(this.#folder);
  }

  /** Resolves when the bytes are synced. The same bytes again, even at the same time, are written once. */
  async put(bytes: Uint8Array): Promise<string> {
    const id = blobId(bytes);
    this.#unnamed.add(id);
    let writing = this.#writing.get(id);
    if (writing === undefined) {
      writing = this.#ensure(join(this.#folder, id), bytes).finally(() => this.#writing.delete(id));
      this.#writing.set(id, writing);
    }
    await writing;
    return id;
  }

  /** Resolves when no put is on its way. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#writing.values());
  }

  /** Synced events name these: from now on the journal keeps them. */
  named(ids: readonly string[]): void {
    for (const id of ids) this.#unnamed.delete(id);
  }

  /** Removes those that nobody is about to name: all at once, so that no `put` comes between. Gives those that are gone. */
  async remove(ids: readonly string[]): Promise<string[]> {
    const removed = ids.filter((id) => !this.#unnamed.has(id));
    for (const id of removed) unlinkIfThere(join(this.#folder, id));
    if (removed.length > 0) await syncFolder(this.#folder);
    return removed;
  }

  async #ensure(path: string, bytes: Uint8Array): Promise<void> {
    try {
      if ((await sizeOf(path)) !== bytes.byteLength) await this.#write(path, bytes);
      this.#error = undefined;
    } catch (error) {
      const trouble = troubleOf(error, path);
      if (trouble !== undefined) this.#error = toErrorInfo(trouble);
      throw trouble ?? error;
    }
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const unfinished = `${path}${UNFINISHED}`;
    try {
      const file = await open(unfinished, 'w', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(unfinished, path);
    } catch (error) {
      await unlink(unfinished).catch(() => undefined);
      throw error;
    }
    try {
      await syncFolder(this.#folder);
    } catch (error) {
      // What is found there again would be taken for synced.
      unlinkIfThere(path);
      throw error;
    }
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isMissing(error)) throw troubleOf(error, path) ?? error;
  }
}
