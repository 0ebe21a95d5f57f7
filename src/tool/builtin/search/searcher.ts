import { Worker } from 'node:worker_threads';
import { CarrelError, fromErrorInfo } from '../../../protocol/index.ts';
import type { SearchJob, SearchReply } from './job.ts';

/** Megabytes of heap of one search; above it the search fails, and nothing else does. */
const HEAP_MB = 256;
/** How long an idle thread is kept: agents search several times in a row, and starting one costs tens of ms. */
const IDLE_MS = 10_000;

/**
 * Runs a search in a thread of its own. The promise rejects with the signal's reason as soon as it aborts, and the thread is gone.
 * One idle thread is kept for the next search; it does not keep the process alive.
 */
export type Search = (job: SearchJob, signal: AbortSignal) => Promise<SearchReply & { ok: true }>;

export function createSearch(): Search {
  let idle: Worker | undefined;
  let timer: NodeJS.Timeout | undefined;

  const start = (): Worker => {
    const worker = startThread();
    // Whoever searches hears of an error, which ends the thread; while it is idle nobody must die of it.
    worker.on('error', () => undefined);
    return worker.once('exit', () => {
      if (idle === worker) idle = undefined;
    });
  };
  const take = (): Worker => {
    clearTimeout(timer);
    const worker = idle ?? start();
    idle = undefined;
    worker.ref();
    return worker;
  };
  const keep = (worker: Worker): void => {
    void idle?.terminate();
    clearTimeout(timer);
    idle = worker;
    worker.unref();
    timer = setTimeout(() => void take().terminate(), IDLE_MS).unref();
  };
  return async (job, signal) => {
    const worker = take();
    const reply = await ask(worker, job, signal).catch(async (error: unknown) => {
      await worker.terminate();
      throw error;
    });
    keep(worker);
    if (reply.ok) return reply;
    throw fromErrorInfo(reply.error);
  };
}

function startThread(): Worker {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const entry = new URL(`./worker.${ending}`, import.meta.url);
  return new Worker(entry, { execArgv: [], env: {}, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
}

function ask(worker: Worker, job: SearchJob, signal: AbortSignal): Promise<SearchReply> {
  return new Promise<SearchReply>((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.off('message', onMessage).off('error', onError);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onMessage = (reply: SearchReply): void => settle(() => resolve(reply));
    const onError = (cause: unknown): void =>
      settle(() =>
        reject(new CarrelError('tool_failed', `the search thread died: ${String(cause)}`, { cause })),
      );
    const onAbort = (): void => settle(() => reject(signal.reason as Error));
    worker.on('message', onMessage).on('error', onError);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else worker.postMessage(job);
  });
}
