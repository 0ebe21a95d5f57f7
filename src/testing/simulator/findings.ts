// What breaks a promise, as it is found.

/** The promises of the runtime that a run is judged by. */
export type PromiseName = 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6' | 'P7' | 'P8' | 'P10';

export interface Violation {
  readonly promise: PromiseName;
  readonly what: string;
  readonly atMs: number;
}

export class Findings {
  readonly #now: () => number;
  readonly #found: Violation[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  get all(): readonly Violation[] {
    return this.#found;
  }

  add(promise: PromiseName, what: string): void {
    this.#found.push({ promise, what, atMs: this.#now() });
  }

  addAll(promise: PromiseName, all: Iterable<string>): void {
    for (const what of all) this.add(promise, what);
  }
}
