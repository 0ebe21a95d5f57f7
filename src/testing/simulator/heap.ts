/** What comes first, first. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  push(item: T): void {
    let at = this.#items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapUnlessBefore(parent, at)) return;
      at = parent;
    }
  }

  pop(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (this.#items.length === 0 || last === undefined) return first;
    this.#items[0] = last;
    this.#sink(0);
    return first;
  }

  find(test: (item: T) => boolean): T | undefined {
    return this.#items.find(test);
  }

  #sink(from: number): void {
    let at = from;
    for (;;) {
      const left = at * 2 + 1;
      const child = this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#swapUnlessBefore(at, child)) return;
      at = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#items[a], this.#items[b]];
    return one !== undefined && other !== undefined && this.#before(one, other);
  }

  /** Gives whether `lower` came before `upper`, and so changed places with it. */
  #swapUnlessBefore(upper: number, lower: number): boolean {
    const [one, other] = [this.#items[upper], this.#items[lower]];
    if (one === undefined || other === undefined || !this.#before(other, one)) return false;
    this.#items[upper] = other;
    this.#items[lower] = one;
    return true;
  }
}
