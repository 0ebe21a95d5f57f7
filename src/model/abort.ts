/** What `orAborted` gives instead of a value when the signal came first. */
export const ABORTED: unique symbol = Symbol('aborted');

/**
 * The value of `promise`, or `ABORTED` as soon as the signal aborts, whatever the promise does later: its late failure is
 * nobody's concern any more. Leaves no listener on the signal.
 */
export function orAborted<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T | typeof ABORTED> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(ABORTED);
    const settle = (): void => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    promise.then(
      (value) => {
        settle();
        resolve(value);
      },
      (error: unknown) => {
        settle();
        reject(error);
      },
    );
  });
}
