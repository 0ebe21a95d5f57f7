// Chance in the hands of one seed. Every part has dice of its own, so that what one part rolls changes nothing for another.
import type { Random } from '../../base/index.ts';

export class Dice {
  readonly #seed: string;
  #state: number;

  constructor(seed: string) {
    this.#seed = seed;
    this.#state = hash32(seed);
  }

  /** Dice that are always the same for this seed and name, whatever was rolled before. */
  of(name: string): Dice {
    return new Dice(`${this.#seed}/${name}`);
  }

  /** From 0 (inclusive) to 1. */
  next(): number {
    // Mulberry32: a full period of 2^32 and good enough mixing for choosing what goes wrong.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.next() * from.length)];
    if (picked === undefined) throw new RangeError('there is nothing to pick from');
    return picked;
  }

  /** A key of the table, as often as its weight says. */
  weighted<K extends string>(table: Readonly<Record<K, number>>): K {
    const rows = Object.entries<number>(table) as [K, number][];
    let left = this.next() * rows.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of rows) {
      left -= weight;
      if (left < 0) return key;
    }
    return this.pick(rows)[0];
  }

  readonly bytes: Random = (count) => Uint8Array.from({ length: count }, () => Math.floor(this.next() * 256));
}

/** FNV-1a of the text. */
export function hash32(text: string, from = 0x811c9dc5): number {
  let hash = from;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
