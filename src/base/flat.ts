/**
 * The items of batches, one by one: one settled promise an item, however the batches were made. Ends after the item for which
 * `isLast` says so, when the batches end, or when the reader leaves; the source is closed in each case.
 */
export class Flat<T> implements AsyncIterableIterator<T> {
  readonly #source: AsyncIterator<readonly T[]>;
  readonly #isLast: (item: T) => boolean;
  #batch: readonly T[] = [];
  #next = 0;
  #over = false;

  constructor(source: AsyncIterator<readonly T[]>, isLast: (item: T) => boolean = () => false) {
    this.#source = source;
    this.#isLast = isLast;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#over) return this.return();
    const item = this.#batch[this.#next];
    if (item === undefined) return this.#refill();
    this.#next++;
    this.#over = this.#isLast(item);
    return Promise.resolve({ done: false, value: item });
  }

  async return(): Promise<IteratorResult<T>> {
    this.#over = true;
    this.#batch = [];
    await this.#source.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #refill(): Promise<IteratorResult<T>> {
    do {
      const result = await this.#source.next();
      if (result.done === true) return this.return();
      this.#batch = result.value;
      this.#next = 0;
    } while (this.#batch.length === 0);
    return this.next();
  }
}
