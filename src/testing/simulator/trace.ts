// What happened, in order. Its hash tells two runs apart, or shows that they are one.
import { hash32 } from './dice.ts';

/** Lines that are kept: the end of a run is what explains it. */
const KEPT = 400;

export class Trace {
  #lines: string[] = [];
  #low = 0x811c9dc5;
  #high = 0x1b873593;

  /** Of everything so far. */
  get hash(): string {
    return [this.#high, this.#low].map((half) => half.toString(16).padStart(8, '0')).join('');
  }

  /** The newest lines. */
  get lines(): readonly string[] {
    return this.#lines.slice(-KEPT);
  }

  add(atMs: number, what: string): void {
    const line = `${String(atMs).padStart(8)} ms  ${what}`;
    this.#low = hash32(line, this.#low);
    this.#high = hash32(line, this.#high ^ this.#low);
    this.#lines.push(line);
    if (this.#lines.length > 2 * KEPT) this.#lines = this.#lines.slice(-KEPT);
  }
}
