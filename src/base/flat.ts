/**
 * The items of batches, one by one: one settled promise an item, however the batches were made. Ends after the item for which
 * `isLast` says so, when the batches end or fail, or when the reader leaves; the source is closed in each case. Several `next` at
 * once are answered in their order, and the source is asked for one batch at a time.
 */
export class Flat<T> implements AsyncIterableIterator<T> {
  readonly #source: AsyncIterator<readonly T[]>;
  readonly #isLast: (item: T) => boolean;
  #batch: readonly T[] = [];
  #next = 0;
  #over = false;
  #refilling: Promise<IteratorResult<T>> | undefined;

  constructor(source: AsyncIterator<readonly T[]>, isLast: (item: T) => boolean = () => false) {
    this.#source = source;
    this.#isLast = isLast;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#refilling !== undefined) return this.#behind(this.#refilling);
    if (this.#over) return this.return();
    const item = this.#batch[this.#next];
    if (item !== undefined) return Promise.resolve(this.#give(item));
    this.#refilling = this.#refill();
    return this.#refilling;
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

  #give(item: T): IteratorResult<T> {
    this.#next++;
    this.#over = this.#isLast(item);
    return { done: false, value: item };
  }

  /** After another `next`, however that ends: its failure is told to whoever asked. */
  #behind(other: Promise<unknown>): Promise<IteratorResult<T>> {
    const then = (): Promise<IteratorResult<T>> => this.next();
    return other.then(then, then);
  }

  async #refill(): Promise<IteratorResult<T>> {
    try {
      while (!this.#over) {
        const result = await this.#source.next();
        if (result.done === true || this.#over) break;
        this.#batch = result.value;
        this.#next = 0;
        const [first] = result.value;
        if (first !== undefined) return this.#give(first);
      }
    } catch (error) {
      this.#over = true;
      throw error;
    } finally {
      this.#refilling = undefined;
    }
    return this.return();
  }
}
