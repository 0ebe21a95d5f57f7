// The host's hand on one process of tools: it says what to do, hears how it ended, and makes sure of the end.
import { fork, type ChildProcess } from 'node:child_process';
import { deferred, type Deferred } from '../../base/index.ts';
import { CALL_VARIABLE } from '../sandbox/mark.ts';
import type { Environment } from '../sandbox/environment.ts';
import type { Reaped } from '../sandbox/reap.ts';
import type { TrackedCall, Tracker } from '../sandbox/tracker.ts';
import type { ToolContext } from '../port.ts';
import { entry, memoryText, type Report, type Request, type Stray, type ToolCall } from './messages.ts';

/** How long code may take to settle after it was told to stop, ms, as commands have after TERM. */
const GRACE_MS = 1000;

export interface WorkerOptions {
  /** A URL of a file. */
  readonly module: string;
  readonly memoryBytes: number;
  readonly environment: Environment;
  readonly tracker: Pick<Tracker, 'track'>;
  readonly onStray: (stray: Stray) => void;
}

/**
 * How a call ended. `stuck`: it never began, because what an earlier call left behind blocks the thread. `deaf`: it was told to
 * stop, did not, and was ended. `reaped` is about what it started, or about the process itself.
 */
export type Ending = (
  | Extract<Report, { type: 'finished' | 'threw' | 'died' }>
  | { readonly type: 'stuck' | 'deaf'; readonly printed: string }
) & { readonly reaped: Reaped };

type Settled =
  Extract<Report, { type: 'ready' | 'stuck' | 'finished' | 'threw' | 'died' }> | { readonly type: 'deaf' };

/**
 * One process with one module in it. It takes one call at a time, keeps no program alive while it has none, and is of no more
 * use once a call ended as anything but `finished`: end it.
 */
export class ToolWorker {
  readonly module: string;
  /** Calls it was given. */
  calls = 0;
  readonly #options: WorkerOptions;
  readonly #process: TrackedCall;
  readonly #exited = deferred<void>();
  #death: Extract<Report, { type: 'died' }> | undefined;
  #waiting: Deferred<Settled> | undefined;
  #progress: ToolContext['progress'] | undefined;
  #end: Promise<Reaped> | undefined;

  /** Refuses with `tool_failed` when no process can be started. */
  constructor(options: WorkerOptions) {
    this.#options = options;
    this.module = options.module;
    this.#process = options.tracker.track((mark) => start(options, mark), 'at-end');
    const { child } = this.#process;
    child.on('message', (report) => this.#hear(report as Report));
    child.once('exit', (code, signal) => {
      this.#die(deathOf(code, signal, options.memoryBytes));
      this.#exited.resolve();
    });
    this.#keepAlive(false);
  }

  get alive(): boolean {
    return this.#death === undefined && this.#end === undefined;
  }

  /**
   * Loads the module; once, before the first call. `deaf` when the signal aborted. It gives way when that is done: loading has a
   * deadline, which a process that comes last on a busy machine would miss.
   */
  async load(signal: AbortSignal): Promise<Settled> {
    const { module, memoryBytes } = this.#options;
    const settled = await this.#ask({ type: 'begin', module, memoryBytes }, signal);
    this.#process.giveWay();
    return settled;
  }

  /** Runs a call, and resolves when it, or what it started, has ended. Never rejects. */
  async run(call: ToolCall, { signal, progress }: Pick<ToolContext, 'signal' | 'progress'>): Promise<Ending> {
    this.#progress = progress;
    const settled = await this.#ask({ type: 'run', call, revocable: this.calls++ > 0 }, signal);
    this.#progress = undefined;
    if (settled.type === 'finished' || settled.type === 'threw')
      return { ...settled, reaped: await this.#process.endOthers() };
    const reaped = await this.end();
    if (settled.type === 'died') return { ...settled, reaped };
    return { type: settled.type === 'stuck' ? 'stuck' : 'deaf', printed: '', reaped };
  }

  /** Ends the process and everything it started. Never rejects; idempotent. */
  end(): Promise<Reaped> {
    this.#end ??= this.#endAll();
    return this.#end;
  }

  async #endAll(): Promise<Reaped> {
    // Its exit is told after nobody is seen any more; a program with nothing else to do would not be there to hear it.
    this.#process.child.ref();
    const reaped = await this.#process.end();
    if (reaped.confirmed) await this.#exited.promise;
    this.#process[Symbol.dispose]();
    return reaped;
  }

  async #ask(request: Request, signal: AbortSignal): Promise<Settled> {
    if (this.#death !== undefined) return this.#death;
    const waiting = deferred<Settled>();
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      this.#send({ type: 'abort', code: stopCode(signal) });
      timer = setTimeout(() => waiting.resolve({ type: 'deaf' }), GRACE_MS);
    };
    this.#waiting = waiting;
    this.#keepAlive(true);
    this.#send(request);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await waiting.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(timer);
      this.#keepAlive(false);
      this.#waiting = undefined;
    }
  }

  #hear(report: Report): void {
    if (report.type === 'progress') this.#progress?.(report.text);
    else if (report.type === 'stray') this.#options.onStray(report);
    else if (report.type === 'died') this.#die(report);
    else this.#waiting?.resolve(report);
  }

  /** The first word on a death is the one that knows why. One that dies between calls is ended without anyone asking. */
  #die(death: Extract<Report, { type: 'died' }>): void {
    this.#death ??= death;
    if (this.#waiting === undefined) void this.end();
    else this.#waiting.resolve(this.#death);
  }

  #send(request: Request): void {
    // What cannot be sent has no one to take it: `exit` says so.
    this.#process.child.send(request, () => undefined);
  }

  #keepAlive(wanted: boolean): void {
    const { child } = this.#process;
    if (this.#end !== undefined) return;
    if (wanted) child.ref();
    else child.unref();
    if (wanted) child.channel?.ref();
    else child.channel?.unref();
  }
}

/** What an abort means, as `stopError` has it. */
function stopCode(signal: AbortSignal): 'cancelled' | 'timeout' {
  const { code, name } = Object(signal.reason) as { code?: unknown; name?: unknown };
  return code === 'timeout' || name === 'TimeoutError' ? 'timeout' : 'cancelled';
}

function start({ environment }: WorkerOptions, mark: string): ChildProcess {
  const outer = environment[CALL_VARIABLE] ?? '';
  return fork(entry('warden'), [], {
    cwd: '/',
    // Options meant for the host, such as a larger heap, would outrank the limits of the thread.
    env: { ...environment, NODE_OPTIONS: '', [CALL_VARIABLE]: outer + mark },
    execArgv: [],
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

/** SIGABRT is how the engine ends a process that asks for a piece of memory it may not have. */
function deathOf(
  code: number | null,
  signal: NodeJS.Signals | null,
  memoryBytes: number,
): Extract<Report, { type: 'died' }> {
  const how = signal === null ? `exit code ${String(code)}` : signal;
  const why =
    signal === 'SIGABRT' || code === 134 ? memoryText(memoryBytes) : `its process was ended by ${how}`;
  return { type: 'died', why, printed: '' };
}
