// What collectors expect of a program that asks models, by the names of the conventions; and the daemon's own counters and gauges,
// under theirs.
import type { Attributes, Meter, Observable } from '@opentelemetry/api';
import type { Asked } from '../../../host/index.ts';
import type { Family } from '../measures.ts';
import { METRICS, rowOf, type MetricName } from '../table.ts';
import { ERROR_TYPE, GEN_AI, providerName } from './names.ts';

/** As the conventions advise, s. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304];

/** Gives what hears of each request. */
export function openInstruments(meter: Meter): (fact: Asked) => void {
  const seconds = (name: string, description: string) =>
    meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: SECONDS } });
  const duration = seconds('gen_ai.client.operation.duration', 'Duration of a request.');
  const first = seconds('gen_ai.client.operation.time_to_first_chunk', 'To the first part of an answer.');
  const tokens = meter.createHistogram('gen_ai.client.token.usage', {
    description: 'Tokens of a request.',
    unit: '{token}',
    advice: { explicitBucketBoundaries: TOKENS },
  });
  return ({ provider, model, tookMs, firstMs, answer, error }) => {
    const about: Attributes = {
      [GEN_AI.operation]: 'chat',
      [GEN_AI.provider]: providerName(provider),
      [GEN_AI.model]: model,
    };
    duration.record(tookMs / 1000, error === undefined ? about : { ...about, [ERROR_TYPE]: error });
    if (firstMs !== undefined) first.record(firstMs / 1000, about);
    if (answer === undefined) return;
    tokens.record(answer.usage.input, { ...about, [GEN_AI.tokenType]: 'input' });
    tokens.record(answer.usage.output, { ...about, [GEN_AI.tokenType]: 'output' });
  };
}

/** The table's counters and gauges, as they are when the collector is told. Its histograms are those of the conventions, or stay here. */
export function openOwn(meter: Meter, look: () => Promise<readonly Family[]>): void {
  const names = (Object.keys(METRICS) as MetricName[]).filter((name) => rowOf(name).kind !== 'histogram');
  const made = new Map<MetricName, Observable>(names.map((name) => [name, observable(meter, name)]));
  meter.addBatchObservableCallback(
    async (result) => {
      for (const { name, row, series } of await look()) {
        const instrument = made.get(name);
        if (instrument === undefined) continue;
        for (const { labels, value } of series)
          result.observe(instrument, value, attributesOf(row.labels, labels));
      }
    },
    [...made.values()],
  );
}

function observable(meter: Meter, name: MetricName): Observable {
  const { kind, help: description } = rowOf(name);
  return kind === 'counter'
    ? meter.createObservableCounter(name, { description })
    : meter.createObservableGauge(name, { description });
}

function attributesOf(names: readonly string[], values: readonly string[]): Attributes {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
}
