import type { Clock } from '../../base/index.ts';
import { CarrelError } from '../../protocol/index.ts';

/** The promise, or a rejection with the signal's reason; the promise is left to itself then. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Aborts with the first of the signals, or with `timeout` after a while; dispose it when nobody waits any more. */
export class Deadline implements Disposable {
  readonly signal: AbortSignal;
  readonly #timer: Disposable;

  constructor(
    clock: Clock,
    ms: number,
    { what, signals }: { what: string; signals: readonly AbortSignal[] },
  ) {
    const late = new AbortController();
    this.#timer = clock.after(ms, () => {
      late.abort(new CarrelError('timeout', `${what} was not answered within ${String(ms)} ms.`));
    });
    this.signal = AbortSignal.any([late.signal, ...signals]);
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }
}
