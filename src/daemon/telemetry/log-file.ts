// A file of lines that never grows above its bound and never keeps anybody waiting: lines wait in memory, with a bound, and what does
// not fit there is dropped and counted. A full file is copied to `.1` and begins anew in its place, because what the process itself
// prints goes to the same file.
import { copyFile, mkdir, open, truncate, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Of lines that wait to be written: some seconds of a very talkative daemon. */
const WAITING_BYTES = 1024 * 1024;

export interface LogFileOptions {
  readonly path: string;
  /** Then it begins anew; what was there is kept beside it, once. */
  readonly maxBytes: number;
  /** This many lines were not written. Called soon after, not for each. */
  readonly onLost: (lines: number, error?: unknown) => void;
}

export class LogFile implements AsyncDisposable {
  readonly #options: LogFileOptions;
  #waiting: string[] = [];
  #bytes = 0;
  #lost = 0;
  #writing: Promise<void> | undefined;
  #file: FileHandle | undefined;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  /** A line with its end. Never throws, never waits. */
  write(line: string): void {
    if (this.#bytes + line.length > WAITING_BYTES) {
      this.#lost++;
      return;
    }
    this.#waiting.push(line);
    this.#bytes += line.length;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves once nothing waits. Never rejects. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  /** Writes what waits, and closes the file. Another line opens it again. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.flushed();
    await this.#file?.close();
    this.#file = undefined;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      [this.#waiting, this.#bytes] = [[], 0];
      try {
        await this.#append(Buffer.from(lines.join('')));
        this.#tell(0);
      } catch (error) {
        // Perhaps the disk is full, or the folder is gone: the next lines try again.
        await this.#file?.close().catch(() => undefined);
        this.#file = undefined;
        this.#tell(lines.length, error);
      }
    }
    this.#writing = undefined;
  }

  #tell(unwritten: number, error?: unknown): void {
    const lost = this.#lost + unwritten;
    this.#lost = 0;
    if (lost > 0) this.#options.onLost(lost, error);
  }

  async #append(bytes: Buffer): Promise<void> {
    const { path, maxBytes } = this.#options;
    if (this.#file === undefined) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      this.#file = await open(path, 'a', 0o600);
    }
    const { size } = await this.#file.stat();
    if (size > 0 && size + bytes.length > maxBytes) await this.#rotate();
    await this.#file.appendFile(bytes);
  }

  /** A copy that cannot be made does not keep the file growing. */
  async #rotate(): Promise<void> {
    const { path, onLost } = this.#options;
    try {
      await copyFile(path, `${path}.1`);
    } catch (error) {
      onLost(0, error);
    }
    await truncate(path, 0);
  }
}
