import { pathToFileURL } from 'node:url';
import { CarrelError } from '../../protocol/index.ts';
import type { ToolContext } from '../port.ts';
import type { Report, ToolCall } from './messages.ts';
import { Shares } from './shares.ts';
import type { Ending, ToolWorker } from './worker.ts';

/** Calls that may wait: one for every live session of a host by default. */
const WAITING = 1000;
/** Calls of one process, which is then replaced: what code leaves behind in memory goes with it. */
const CALLS = 200;
/** How long an idle process is kept, ms: agents call tools in bursts, and a host at rest has none. */
const IDLE_MS = 30_000;
/** How long a module may take to load, ms. */
const LOAD_MS = 10_000;

export type Loaded = Extract<Report, { type: 'ready' }>;

/** Processes for calls: started when needed, one call at a time in each, replaced when anything went wrong. */
export class WorkerPool {
  readonly #start: (module: string) => ToolWorker;
  readonly #size: number;
  readonly #shares: Shares;
  readonly #workers = new Set<ToolWorker>();
  readonly #idle = new Map<ToolWorker, NodeJS.Timeout>();
  #closed = false;

  constructor(size: number, start: (module: string) => ToolWorker) {
    this.#size = size;
    this.#start = start;
    this.#shares = new Shares({ capacity: size, waiting: WAITING });
  }

  get counts(): Shares['counts'] & { readonly processes: number } {
    return { ...this.#shares.counts, processes: this.#workers.size };
  }

  /** What a module declares. Rejects with `tool_failed` when it does not load, and says why. */
  async declarations(module: string): Promise<Loaded> {
    using _slot = await this.#shares.acquire('', new AbortController().signal);
    const { worker, loaded } = await this.#begin(module, new AbortController().signal);
    this.#keep(worker);
    return loaded;
  }

  /**
   * Runs a call in a process of its module. Rejects when it was not begun: `overloaded`, `tool_failed` when there is no
   * process for it, or the signal's reason.
   */
  async run(
    module: string,
    call: ToolCall,
    context: Pick<ToolContext, 'signal' | 'progress'>,
  ): Promise<Ending> {
    using _slot = await this.#shares.acquire(call.session, context.signal);
    const used = await this.#take(module);
    const ending = used === undefined ? undefined : await this.#runIn(used, call, context);
    if (ending !== undefined && ending.type !== 'stuck') return ending;
    const { worker } = await this.#begin(module, context.signal);
    return this.#runIn(worker, call, context);
  }

  async #runIn(
    worker: ToolWorker,
    call: ToolCall,
    context: Pick<ToolContext, 'signal' | 'progress'>,
  ): Promise<Ending> {
    const ending = await worker.run(call, context);
    if (ending.type === 'finished' && ending.reaped.confirmed && worker.calls < CALLS) this.#keep(worker);
    else await this.#remove(worker);
    return ending;
  }

  /** Takes no more calls and ends every process; resolves when they are gone. Calls at work end as failed. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#shares.refuseAll(closedError());
    await Promise.all([...this.#workers].map((worker) => this.#remove(worker)));
  }

  /** An idle process of the module; those that died meanwhile are let go. */
  async #take(module: string): Promise<ToolWorker | undefined> {
    for (const [worker, timer] of this.#idle) {
      if (worker.module !== module) continue;
      clearTimeout(timer);
      this.#idle.delete(worker);
      if (worker.alive) return worker;
      await this.#remove(worker);
    }
    return undefined;
  }

  async #begin(module: string, signal: AbortSignal): Promise<{ worker: ToolWorker; loaded: Loaded }> {
    await this.#makeRoom();
    if (this.#closed) throw closedError();
    const worker = this.#start(module);
    this.#workers.add(worker);
    const loaded = await worker.load(AbortSignal.any([signal, AbortSignal.timeout(LOAD_MS)]));
    if (loaded.type === 'ready') return { worker, loaded };
    await this.#remove(worker);
    signal.throwIfAborted();
    throw new CarrelError('tool_failed', `the module ${module} cannot be used: ${problemOf(loaded)}`);
  }

  /** Whoever has a slot finds a process or room for one: a surplus is idle, and of another module or dead. */
  async #makeRoom(): Promise<void> {
    for (const worker of this.#idle.keys()) {
      if (this.#workers.size < this.#size) return;
      await this.#remove(worker);
    }
  }

  #keep(worker: ToolWorker): void {
    if (this.#closed) return;
    const timer = setTimeout(() => void this.#remove(worker), IDLE_MS).unref();
    this.#idle.set(worker, timer);
  }

  async #remove(worker: ToolWorker): Promise<void> {
    clearTimeout(this.#idle.get(worker));
    this.#idle.delete(worker);
    await worker.end();
    this.#workers.delete(worker);
  }
}

function problemOf(loaded: Awaited<ReturnType<ToolWorker['load']>>): string {
  if (loaded.type === 'threw') return `it threw ${loaded.message}`;
  return loaded.type === 'died' ? loaded.why : `it did not load within ${LOAD_MS} ms`;
}

/** The URL of a module given as a URL or an absolute path. */
export function moduleUrl(module: string | URL): string {
  const text = String(module);
  return text.startsWith('file:') ? text : pathToFileURL(text).href;
}

function closedError(): CarrelError {
  return new CarrelError('cancelled', 'the processes for tools are closed: no call is taken any more');
}
