// What a process did to the files of a folder, in order, from the log of `strace -f -xx`.
import { dirname } from 'node:path';

/** One thing that was done. `path` is absolute; `file` is a number, because a file keeps it under another name. */
export type Deed =
  | { readonly kind: 'write'; readonly file: number; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'cut'; readonly file: number; readonly size: number }
  /** Covers the deeds of this file before deed `from`: those that were done when it began. */
  | { readonly kind: 'sync'; readonly file: number; readonly from: number }
  | { readonly kind: 'sync-folder'; readonly path: string; readonly from: number }
  | { readonly kind: 'name'; readonly path: string; readonly file: number | 'folder' }
  | { readonly kind: 'unname'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string };

/** Those that change what a disk holds, or say what a descriptor is. */
export const TRACED =
  'openat,close,dup,dup2,dup3,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,ftruncate,truncate,fallocate,' +
  'unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,copy_file_range,sendfile,link,linkat,mmap';

interface Call {
  readonly name: string;
  readonly args: string;
  readonly result: number;
  /** Deeds that were done when it began. */
  readonly from: number;
}

interface Opened {
  readonly path: string;
  readonly file: number | 'folder';
  place: number;
}

export function readTrace(log: string, folder: string): readonly Deed[] {
  const reader = new TraceReader(folder);
  for (const line of log.split('\n')) reader.read(line);
  return reader.deeds;
}

const BEGUN = /^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$/;
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)/;
const WHOLE = /^\d+ +(\w+)\((.*)\) += (-?\d+|0x[0-9a-f]+)/;

class TraceReader {
  readonly deeds: Deed[] = [];
  readonly #folder: string;
  readonly #begun = new Map<string, { readonly args: string; readonly from: number }>();
  readonly #opened = new Map<number, Opened>();
  readonly #files = new Map<string, number>();
  readonly #sizes = new Map<number, number>();
  #lastFile = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  read(line: string): void {
    const [, thread = '', , start = ''] = BEGUN.exec(line) ?? [];
    if (thread !== '') {
      this.#begun.set(thread, { args: start, from: this.deeds.length });
      return;
    }
    const [, resumed = '', late = '', rest = '', lateResult = ''] = RESUMED.exec(line) ?? [];
    const begun = this.#begun.get(resumed);
    if (begun !== undefined) {
      this.#begun.delete(resumed);
      const { args, from } = begun;
      this.#done({ name: late, args: args + rest, result: Number(lateResult), from });
      return;
    }
    const [, name = '', args = '', result = ''] = WHOLE.exec(line) ?? [];
    if (name !== '') this.#done({ name, args, result: Number(result), from: this.deeds.length });
  }

  #done(call: Call): void {
    if (call.result < 0) return;
    if (call.args.includes('"...')) throw new Error(`strace cut the bytes of ${call.name} short`);
    const [first = ''] = call.args.split(',', 1);
    const opened = this.#opened.get(Number(first));
    switch (call.name) {
      case 'openat':
        return this.#open(call);
      case 'close':
        return void this.#opened.delete(Number(first));
      case 'mkdir':
      case 'mkdirat':
      case 'unlink':
      case 'unlinkat':
      case 'rename':
      case 'renameat':
      case 'renameat2':
        return this.#named(call);
      default:
        if (opened !== undefined) this.#changed(call, opened);
    }
  }

  #open({ args, result }: Call): void {
    const path = textsIn(args)[0]?.toString() ?? '';
    this.#opened.delete(result);
    if (!this.#isOurs(path)) return;
    const known = this.#files.get(path);
    if (known === undefined && !args.includes('O_CREAT')) {
      this.#opened.set(result, { path, file: 'folder', place: 0 });
      return;
    }
    const file = known ?? this.#create(path);
    if (args.includes('O_TRUNC') && known !== undefined) this.#cut(file, 0);
    const place = args.includes('O_APPEND') ? Infinity : 0;
    this.#opened.set(result, { path, file, place });
  }

  #create(path: string): number {
    const file = ++this.#lastFile;
    this.#files.set(path, file);
    this.#sizes.set(file, 0);
    this.deeds.push({ kind: 'name', path, file });
    return file;
  }

  #named({ name, args }: Call): void {
    const [path = '', to = ''] = textsIn(args).map(String);
    if (!this.#isOurs(path)) return;
    if (name.startsWith('mkdir')) this.deeds.push({ kind: 'name', path, file: 'folder' });
    else if (name.startsWith('unlink')) {
      this.#files.delete(path);
      this.deeds.push({ kind: 'unname', path });
    } else {
      const file = this.#files.get(path);
      this.#files.delete(path);
      if (file !== undefined) this.#files.set(to, file);
      this.deeds.push({ kind: 'rename', path, to });
    }
  }

  #changed(call: Call, opened: Opened): void {
    const { name, args, from } = call;
    const { file, path } = opened;
    if (name === 'fsync' || name === 'fdatasync') {
      this.deeds.push(file === 'folder' ? { kind: 'sync-folder', path, from } : { kind: 'sync', file, from });
    } else if (file === 'folder') return;
    else if (name === 'ftruncate') this.#cut(file, Number(args.split(',')[1]));
    else if (name.startsWith('p') || name.startsWith('write')) this.#write(call, opened, file);
    // A map that is only read, or of the file that readers and a writer share, leaves no trace on the disk.
    else if (!(name === 'mmap' && path.endsWith('-shm')))
      throw new Error(`${name} of ${path} is not understood`);
  }

  #cut(file: number, size: number): void {
    this.#sizes.set(file, size);
    this.deeds.push({ kind: 'cut', file, size });
  }

  #write({ name, args, result }: Call, opened: Opened, file: number): void {
    const bytes = Buffer.concat(textsIn(args)).subarray(0, result);
    const size = this.#sizes.get(file) ?? 0;
    const offset = name.startsWith('p') ? lastNumber(args) : Math.min(opened.place, size);
    if (!name.startsWith('p') && opened.place !== Infinity) opened.place = offset + result;
    this.#sizes.set(file, Math.max(size, offset + result));
    this.deeds.push({ kind: 'write', file, offset, bytes });
  }

  #isOurs(path: string): boolean {
    return path.startsWith(`${this.#folder}/`) || dirname(path) === this.#folder || path === this.#folder;
  }
}

function textsIn(args: string): Buffer[] {
  return Array.from(args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g), ([, hex = '']) =>
    Buffer.from(hex.replaceAll('\\x', ''), 'hex'),
  );
}

function lastNumber(args: string): number {
  return Number(args.slice(args.lastIndexOf(',') + 1));
}
