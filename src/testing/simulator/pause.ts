import type { Owner, Schedule } from './schedule.ts';

export interface PauseOptions {
  /** Infinity: until the signal aborts. */
  readonly delayMs: number;
  readonly what: string;
  readonly owner: Owner;
  readonly signal?: AbortSignal;
}

/** Resolves after the delay, or at once when the signal aborts. */
export function pause(schedule: Schedule, options: PauseOptions): Promise<void> {
  const { delayMs, what, owner, signal } = options;
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const onAbort = (): void => {
      timer?.[Symbol.dispose]();
      resolve();
    };
    const run = (): void => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    const timer = delayMs === Infinity ? undefined : schedule.add({ delayMs, what, owner, run });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
