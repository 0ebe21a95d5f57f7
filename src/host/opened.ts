/** What another iterator gives, which is opened by the first `next`; one `next` at a time. Leaving it closes what was opened. */
export class Opened<T> implements AsyncIterator<T> {
  readonly #open: () => Promise<AsyncIterator<T>>;
  #source: AsyncIterator<T> | undefined;
  #over = false;

  constructor(open: () => Promise<AsyncIterator<T>>) {
    this.#open = open;
  }

  async next(): Promise<IteratorResult<T>> {
    if (this.#over) return { done: true, value: undefined };
    this.#source ??= await this.#open();
    // Its reader may have left meanwhile.
    return this.#over ? this.return() : this.#source.next();
  }

  async return(): Promise<IteratorResult<T>> {
    this.#over = true;
    await this.#source?.return?.();
    return { done: true, value: undefined };
  }
}
