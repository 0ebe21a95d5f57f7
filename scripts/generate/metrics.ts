import { METRICS, type MetricRow } from '../../src/daemon/index.ts';
import { page, table } from './markdown.ts';

export function metricsPage(): string {
  const rows = Object.entries<MetricRow>(METRICS).map(([name, { kind, labels, help }]) => [
    `\`${name}\``,
    kind,
    labels.map((label) => `\`${label}\``).join(' '),
    help,
  ]);
  return page(
    'Metrics',
    'What `/metrics` of the daemon gives, in the text format of Prometheus. Histograms have `_bucket`, `_sum` and `_count`. Counters and gauges go to an OpenTelemetry collector too, where one is named. No label ever holds a session; a metric has at most 256 series, and what is beyond that is counted as `other`. How to use them: [telemetry](../guides/telemetry.md).',
    table(['metric', 'kind', 'labels', 'meaning'], rows),
  );
}
