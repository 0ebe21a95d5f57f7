// The numbers as they are now. One series for each set of labels that was met, and no more of them than is bearable: what comes
// beyond that is counted together as `other`, so that nothing outside can make the daemon grow.
import { invariant } from '../../base/index.ts';
import { Histogram } from './histogram.ts';
import {
  METRICS,
  rowOf,
  type CounterName,
  type GaugeName,
  type HistogramName,
  type MetricName,
  type MetricRow,
} from './table.ts';

/** Series of one metric. Providers times models times kinds stay far below; beyond that nobody can read them. */
export const MAX_SERIES = 256;
/** Of one label: a model's name fits. */
const MAX_LABEL = 96;
const OTHER = 'other';

export interface Series {
  readonly labels: readonly string[];
  /** Of a counter or gauge. */
  value: number;
  readonly histogram?: Histogram;
}

export interface Family {
  readonly name: MetricName;
  readonly row: MetricRow;
  readonly series: readonly Series[];
}

export class Measures {
  readonly #series = new Map<MetricName, Map<string, Series>>();

  add(name: CounterName, labels: readonly string[] = [], by = 1): void {
    this.#of(name, labels).value += by;
  }

  /** A counter that is kept elsewhere. */
  follow(name: CounterName, labels: readonly string[], total: number): void {
    this.#of(name, labels).value = total;
  }

  set(name: GaugeName, labels: readonly string[], value: number): void {
    this.#of(name, labels).value = value;
  }

  /** The gauge's series are set anew: those that are not there any more are gone. */
  clear(...names: readonly GaugeName[]): void {
    for (const name of names) this.#series.delete(name);
  }

  observe(name: HistogramName, labels: readonly string[], value: number): void {
    this.#of(name, labels).histogram?.observe(value);
  }

  /** In the order of the table; a metric without labels is there from the start, with 0. */
  families(): readonly Family[] {
    return (Object.keys(METRICS) as MetricName[]).map((name) => {
      const row = rowOf(name);
      if (row.labels.length === 0) this.#of(name, []);
      return { name, row, series: [...(this.#series.get(name)?.values() ?? [])] };
    });
  }

  #of(name: MetricName, labels: readonly string[]): Series {
    const row = rowOf(name);
    invariant(labels.length === row.labels.length, `${name} has ${String(row.labels.length)} labels`);
    let all = this.#series.get(name);
    if (all === undefined) this.#series.set(name, (all = new Map<string, Series>()));
    const key = labels.join('\0');
    const known = all.get(key);
    if (known !== undefined) return known;
    if (all.size >= MAX_SERIES && labels[0] !== OTHER)
      return this.#of(
        name,
        row.labels.map(() => OTHER),
      );
    const { buckets } = row;
    const made: Series = {
      labels: labels.map((label) => label.slice(0, MAX_LABEL)),
      value: 0,
      ...(buckets === undefined ? {} : { histogram: new Histogram(buckets) }),
    };
    all.set(key, made);
    return made;
  }
}
