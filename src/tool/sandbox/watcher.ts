import { spawn, type ChildProcess } from 'node:child_process';
import { CarrelError } from '../../protocol/index.ts';
import { WATCH_SCRIPT, WINDOWS_WATCH_SCRIPT } from './watch-script.ts';

/** How long the watcher is kept after the last call, ms: agents run commands in bursts. */
const IDLE_MS = 30_000;
/** Pause before a watcher that died is replaced, ms, so that one that cannot live is not started in a storm. */
const RESTART_MS = 100;

/**
 * A process outside the host that outlives it by moments: when the host is gone, even by kill -9, it kills every process
 * that carries the host's mark, then ends. Started with the first call, replaced when it dies, and let go, which ends it,
 * when no call has run for a while. It leads a session of its own, so that nothing meant for the host's group reaches it,
 * and never keeps the host alive.
 */
export class Watcher {
  readonly #mark: string;
  #process: ChildProcess | undefined;
  #known = '';
  #calls = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `mark` stands in the environment of every process that the host starts. */
  constructor(mark: string) {
    this.#mark = mark;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Held by each call while it runs. The watcher is there when it returns; `tool_failed` when none can be started. */
  hold(): Disposable {
    clearTimeout(this.#timer);
    this.#start();
    this.#calls++;
    return { [Symbol.dispose]: () => this.#release() };
  }

  /** What the host knows of, as ` pid:start pid:start `; replaces what it was told before. */
  tell(known: string): void {
    if (known === this.#known) return;
    this.#known = known;
    this.#process?.stdin?.write(`${known}\n`);
  }

  #start(): void {
    if (this.#process !== undefined) return;
    const child = startProcess(this.#mark);
    child.once('exit', () => this.#replace(child));
    this.#process = child;
    if (this.#known !== '') child.stdin?.write(`${this.#known}\n`);
  }

  #replace(child: ChildProcess): void {
    if (this.#process !== child) return;
    this.#process = undefined;
    this.#later(RESTART_MS, () => {
      if (this.#calls > 0) this.#start();
    });
  }

  #release(): void {
    this.#calls--;
    if (this.#calls === 0) this.#later(IDLE_MS, () => this.#end());
  }

  #end(): void {
    const child = this.#process;
    this.#process = undefined;
    child?.stdin?.end();
  }

  #later(delayMs: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, delayMs).unref();
  }
}

function startProcess(mark: string): ChildProcess {
  const [file, ...args] =
    process.platform === 'win32'
      ? [process.execPath, '-e', WINDOWS_WATCH_SCRIPT]
      : ['/bin/sh', '-c', WATCH_SCRIPT, 'carrel-watcher', mark];
  const child = spawn(file ?? '', args, {
    // Its own environment is bare: with the mark in it, it would look like one of those it is there to end.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    cwd: '/',
    detached: true,
    windowsHide: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Both say that it is gone, which `exit` says too.
  child.on('error', () => undefined);
  child.stdin?.on('error', () => undefined);
  if (child.pid === undefined)
    throw new CarrelError('tool_failed', `no command can run: its watcher (${file ?? ''}) cannot be started`);
  child.unref();
  return child;
}
