// Counts by bucket: a fixed few numbers, however much is observed.

export class Histogram {
  readonly bounds: readonly number[];
  /** Of each bucket alone; the last one has no bound. */
  readonly #counts: number[];
  sum = 0;

  /** `bounds` rise; a value that equals one is below it. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const at = this.bounds.findIndex((bound) => value <= bound);
    const index = at < 0 ? this.bounds.length : at;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.sum += value;
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** How many were at most each bound; the last one is all of them. */
  get cumulative(): readonly number[] {
    let sum = 0;
    return this.#counts.map((count) => (sum += count));
  }
}

export interface Buckets {
  readonly bounds: readonly number[];
  /** One more than bounds. */
  readonly cumulative: readonly number[];
}

/**
 * The value below which the share `q` lies, as Prometheus reckons it: evenly spread within its bucket, and never above the largest
 * bound. Undefined when nothing was observed.
 */
export function quantile({ bounds, cumulative }: Buckets, q: number): number | undefined {
  const all = cumulative.at(-1) ?? 0;
  if (all === 0) return undefined;
  const rank = q * all;
  const index = cumulative.findIndex((count) => count >= rank);
  const above = bounds[index];
  if (above === undefined) return bounds.at(-1);
  const below = bounds[index - 1] ?? 0;
  const before = cumulative[index - 1] ?? 0;
  const inside = (cumulative[index] ?? 0) - before;
  return inside === 0 ? below : below + (above - below) * ((rank - before) / inside);
}
