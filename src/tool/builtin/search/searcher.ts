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

  const take = (): Worker => {
    const worker = idle ?? startWorker();
    clearTimeout(timer);
    idle = undefined;
    worker.ref();
    return worker;
  };
  const giveBack = (worker: Worker): void => {
    if (idle !== undefined) {
      void worker.terminate();
      return;
    }
    idle = worker;
    worker.unref();
    timer = setTimeout(() => {
      idle = undefined;
      void worker.terminate();
    }, IDLE_MS).unref();
  };
  return async (job, signal) => {
    const worker = take();
    try {
      const reply = await ask(worker, job, signal);
      giveBack(worker);
      if (!reply.ok) throw fromErrorInfo(reply.error);
      return reply;
    } catch (error) {
      if (idle !== worker) await worker.terminate();
      throw error;
    }
  };
}

function startWorker(): Worker {
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
