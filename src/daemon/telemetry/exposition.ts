// The text format of Prometheus, 0.0.4. It is small and will not change, and a library for it holds every number a second time and
// takes 4 MiB of every idle daemon; `promtool` checks what comes out.
import type { Family, Series } from './measures.ts';

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function exposition(families: readonly Family[]): string {
  return families
    .filter(({ series }) => series.length > 0)
    .map(family)
    .join('');
}

function family({ name, row, series }: Family): string {
  const head = `# HELP ${name} ${row.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${row.kind}\n`;
  return head + series.map((one) => lines(name, row.labels, one)).join('');
}

function lines(name: string, names: readonly string[], { labels, value, histogram }: Series): string {
  const pairs = labels.map((label, index) => pair(names[index] ?? '', label));
  if (histogram === undefined) return line(name, pairs, value);
  const { bounds, cumulative, sum } = histogram;
  const bucket = (count: number, index: number): string =>
    line(`${name}_bucket`, [...pairs, pair('le', number(bounds[index] ?? Infinity))], count);
  const all = cumulative.at(-1) ?? 0;
  return `${cumulative.map(bucket).join('')}${line(`${name}_sum`, pairs, sum)}${line(`${name}_count`, pairs, all)}`;
}

function line(name: string, pairs: readonly string[], value: number): string {
  const labels = pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
  return `${name}${labels} ${number(value)}\n`;
}

function pair(name: string, value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
  return `${name}="${escaped}"`;
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
