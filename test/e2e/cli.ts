// The command line as people start it: a child process with a home, a folder and an environment of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { homeHolder } from '../../src/store/index.ts';

const BIN = resolve(import.meta.dirname, '../../bin/carrel');

/** Shared by all children: most of what they do is to load the program. */
const COMPILED = join(tmpdir(), 'carrel-e2e-compiled');

export interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  /** Piped in; without it stdin is `/dev/null`. */
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** How its commands work, unless they say otherwise: each in its own process, or through the daemon that the first one starts. */
export const WAYS = ['off', 'start'] as const;

/** A folder to work in and a home, both empty and removed in the end; a daemon that serves the home is ended before. */
export class Desk implements Disposable {
  readonly #root = realpathSync(mkdtempSync(join(tmpdir(), 'carrel-e2e-')));
  readonly home = join(this.#root, 'home');
  readonly folder = this.path('work');
  readonly env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: this.#root,
    CARREL_HOME: this.home,
    NODE_COMPILE_CACHE: COMPILED,
  };
  readonly #open = new Set<ChildProcess>();

  constructor(daemon: (typeof WAYS)[number] = 'off') {
    this.env['CARREL_DAEMON'] = daemon;
  }

  /** A folder beside the others, made now. */
  path(name: string): string {
    return mkdtempSync(join(this.#root, `${name}-`));
  }

  write(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  start(args: readonly string[], { input, env, cwd }: StartOptions = {}): Started {
    const child = spawn(BIN, args, {
      cwd: cwd ?? this.folder,
      env: { ...this.env, ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    this.#open.add(child);
    const code = new Promise<number | NodeJS.Signals | null>((done, failed) => {
      child.once('error', failed);
      child.once('close', (number, signal) => done(signal ?? number));
    });
    child.stdin?.on('error', () => undefined).end(input); // it may refuse before it has read everything
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    const ended = code.then((end) => {
      this.#open.delete(child);
      return { code: end, stdout: stdout(), stderr: stderr() };
    });
    return { child, ended };
  }

  run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  /** Of a command with `--json` that prints one value. */
  async json<T>(args: readonly string[], options: StartOptions = {}): Promise<T> {
    const { code, stdout, stderr } = await this.run([...args, '--json'], options);
    if (stdout === '') throw new Error(`carrel ${args.join(' ')} ended with ${String(code)}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  [Symbol.dispose](): void {
    const holder = homeHolder({ home: this.home });
    const isOurs = [...this.#open].some(({ pid }) => pid === holder);
    for (const child of this.#open) child.kill('SIGKILL');
    if (holder !== undefined && holder !== process.pid && !isOurs) process.kill(holder, 'SIGKILL');
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** What the stream has said so far. */
function collect(stream: Readable | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

/** Resolves when the stream has said `wanted`; rejects with what it said when it ends without. */
export function saying(stream: NodeJS.ReadableStream | null, wanted: string): Promise<string> {
  return new Promise((done, failed) => {
    let said = '';
    stream?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(wanted)) done(said);
    });
    stream?.once('end', () => failed(new Error(`it never said ${JSON.stringify(wanted)} but: ${said}`)));
  });
}

/** The objects of a stream of JSON lines. */
export function lines<T>(stdout: string): T[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
