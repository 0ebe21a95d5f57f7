import { deferred } from '../../base/index.ts';
import { orAborted } from './wait.ts';

/** Lets so many in at once; the others wait in their order. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** A place, given back when it is disposed. Rejects with the signal's reason while it waits. */
  async enter(signal: AbortSignal): Promise<Disposable> {
    const place = { [Symbol.dispose]: () => this.#leave() };
    if (this.#free > 0) {
      this.#free--;
      return place;
    }
    const called = deferred<void>();
    this.#waiting.push(called.resolve);
    try {
      await orAborted(called.promise, signal);
    } catch (error) {
      const at = this.#waiting.indexOf(called.resolve);
      if (at >= 0) this.#waiting.splice(at, 1);
      else this.#leave();
      throw error;
    }
    return place;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
