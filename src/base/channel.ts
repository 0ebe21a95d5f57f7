import { deferred, type Deferred } from './deferred.ts';

/**
 * A bounded queue with one reader. `push` never waits: it answers whether the value was taken, and the owner
 * decides what a full queue means. The reader sees values in order, then the end or the failure.
 */
export class Channel<T> implements AsyncIterableIterator<T> {
  readonly #values: T[] = [];
  readonly #capacity: number;
  readonly #onReturn: () => void;
  #wake: Deferred<void> | undefined;
  #ended: { error?: unknown } | undefined;

  /** `onReturn` runs once, when the reader leaves or the channel ends. */
  constructor(capacity: number, onReturn: () => void = () => undefined) {
    this.#capacity = capacity;
    this.#onReturn = onReturn;
  }

  get size(): number {
    return this.#values.length;
  }

  push(value: T): boolean {
    if (this.#ended !== undefined || this.#values.length >= this.#capacity) return false;
    this.#values.push(value);
    this.#signal();
    return true;
  }

  /** Lets the reader finish what is queued, then ends, or throws `error`. Later calls do nothing. */
  end(error?: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = error === undefined ? {} : { error };
    this.#onReturn();
    this.#signal();
  }

  async next(): Promise<IteratorResult<T>> {
    for (;;) {
      const value = this.#values.shift();
      if (value !== undefined) return { done: false, value };
      if (this.#ended !== undefined) {
        if ('error' in this.#ended) throw this.#ended.error;
        return { done: true, value: undefined };
      }
      this.#wake = deferred<void>();
      await this.#wake.promise;
    }
  }

  return(): Promise<IteratorResult<T>> {
    this.#values.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #signal(): void {
    this.#wake?.resolve();
    this.#wake = undefined;
  }
}
