/**
 * An abort of one's own that also follows another's, with its reason, until it is disposed. Reading its signal costs a field, where
 * `AbortSignal.any` looks through its sources each time.
 */
export class Linked implements Disposable {
  readonly #own = new AbortController();
  readonly #source: AbortSignal;
  readonly #follow = (): void => this.#own.abort(this.#source.reason);

  constructor(source: AbortSignal) {
    this.#source = source;
    if (source.aborted) this.#follow();
    else source.addEventListener('abort', this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#own.signal;
  }

  abort(reason: unknown): void {
    this.#own.abort(reason);
  }

  [Symbol.dispose](): void {
    this.#source.removeEventListener('abort', this.#follow);
  }
}
