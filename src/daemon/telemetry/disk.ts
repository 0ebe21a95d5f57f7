// How large the store is and how much room there is. A disk that hangs keeps nobody waiting: what it said last holds.
import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface DiskFigures {
  readonly files: Readonly<Record<string, number>>;
  readonly freeBytes?: number;
}

export class Disk {
  readonly #database: string;
  #reading: Promise<void> | undefined;
  figures: DiskFigures = { files: {} };

  constructor(database: string) {
    this.#database = database;
  }

  /** Reads anew, unless that is going on. Never rejects. */
  look(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    const [database, wal, free] = await Promise.all([
      sizeOf(this.#database),
      sizeOf(`${this.#database}-wal`),
      freeAt(dirname(this.#database)),
    ]);
    this.figures = { files: { database, wal }, ...(free === undefined ? {} : { freeBytes: free }) };
  }
}

function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0, // not there yet, or in memory
  );
}

function freeAt(folder: string): Promise<number | undefined> {
  return statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined, // a file system that does not say
  );
}
