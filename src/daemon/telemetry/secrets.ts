// What must never be in a line. Keys come while a daemon runs: a folder's, a session's, those of a file that has just been changed. So the
// list is asked when a line is written, and a key stays on it after it is taken back: an error that was caught before may still name it.

/** Shorter ones would hide half of every line; no key is so short. */
const MIN_SECRET = 8;
/** So many are looked for in every line. Beyond it, the one that was named longest ago is forgotten. */
const MOST_SECRETS = 4_096;

export class Secrets {
  readonly #known = new Set<string>();
  #sorted: readonly string[] | undefined;

  /** From here on they are in no line. */
  add(values: Iterable<string>): void {
    for (const value of values) {
      if (value.length < MIN_SECRET) continue;
      if (!this.#known.delete(value)) this.#sorted = undefined;
      this.#known.add(value);
      const [oldest] = this.#known;
      if (this.#known.size > MOST_SECRETS && oldest !== undefined) this.#known.delete(oldest);
    }
  }

  /** The longest first: one may begin with another. */
  list(): readonly string[] {
    this.#sorted ??= [...this.#known].toSorted((a, b) => b.length - a.length);
    return this.#sorted;
  }
}
