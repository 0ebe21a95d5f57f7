// Traces and metrics to a collector, over OTLP/HTTP. What this takes is loaded only where a collector is named. Batches wait in queues
// with bounds and are sent in the background; what a collector does not take is counted and forgotten.
import type { Fact } from '../../../host/index.ts';
import type { Family } from '../measures.ts';
import type { Sink } from '../port.ts';
import { openInstruments, openOwn } from './instruments.ts';
import { Spans } from './spans.ts';

/** Where one kind of signal goes. */
export interface OtlpTarget {
  readonly url: string;
  /** May hold a key. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface OtlpSettings {
  readonly traces?: OtlpTarget;
  readonly metrics?: OtlpTarget;
  readonly timeoutMs: number;
  readonly metricsMs: number;
  readonly content: boolean;
  /** `service.name` and whatever else says who this is. */
  readonly resource: Readonly<Record<string, string>>;
}

export interface OtlpOptions {
  readonly settings: OtlpSettings;
  readonly version: string;
  readonly look: () => Promise<readonly Family[]>;
  readonly onFailure: (sink: Sink, error: unknown) => void;
}

export interface Otlp extends AsyncDisposable {
  hear(fact: Fact): void;
  /** Sends what waits. Never rejects. */
  flush(): Promise<void>;
}

const SCOPE = 'carrel';
/** `ExportResultCode.SUCCESS` */
const SUCCESS = 0;

export async function openOtlp(options: OtlpOptions): Promise<Otlp> {
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  const { settings, version } = options;
  const resource = resourceFromAttributes({ 'service.version': version, ...settings.resource });
  const parts = await Promise.all([openTraces(options, resource), openMetrics(options, resource)]);
  const open = parts.filter((part) => part !== undefined);
  const all = async (what: 'flush' | 'close'): Promise<void> => {
    const done = await Promise.allSettled(open.map((part) => part[what]()));
    for (const [index, one] of done.entries())
      if (one.status === 'rejected') options.onFailure(open[index]?.sink ?? 'traces', one.reason);
  };
  return {
    hear: (fact) => open.forEach((part) => part.hear(fact)),
    flush: () => all('flush'),
    [Symbol.asyncDispose]: () => all('close'),
  };
}

interface Part {
  readonly sink: Sink;
  hear(fact: Fact): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

type Resource = ReturnType<(typeof import('@opentelemetry/resources'))['resourceFromAttributes']>;

async function openTraces(
  { settings, version, onFailure }: OtlpOptions,
  resource: Resource,
): Promise<Part | undefined> {
  if (settings.traces === undefined) return undefined;
  const [api, { BatchSpanProcessor, TracerProvider }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const exporter = counted(new OTLPTraceExporter(target(settings.traces, settings.timeoutMs)), (error) =>
    onFailure('traces', error),
  );
  const processor = new BatchSpanProcessor({ exporter, exportTimeoutMillis: settings.timeoutMs });
  const provider = new TracerProvider({ resource, spanProcessors: [processor] });
  const spans = new Spans({
    tracer: provider.getTracer(SCOPE, version),
    content: settings.content,
    api: {
      kinds: { internal: api.SpanKind.INTERNAL, client: api.SpanKind.CLIENT },
      error: api.SpanStatusCode.ERROR,
      root: api.ROOT_CONTEXT,
      below: (span) => api.trace.setSpan(api.ROOT_CONTEXT, span),
    },
  });
  return {
    sink: 'traces',
    hear: (fact) => spans.hear(fact),
    flush: () => provider.forceFlush(),
    close: () => {
      spans.end();
      return provider.shutdown();
    },
  };
}

async function openMetrics(
  { settings, version, look, onFailure }: OtlpOptions,
  resource: Resource,
): Promise<Part | undefined> {
  if (settings.metrics === undefined) return undefined;
  const [{ MeterProvider, PeriodicExportingMetricReader }, { OTLPMetricExporter }] = await Promise.all([
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/exporter-metrics-otlp-http'),
  ]);
  const exporter = counted(new OTLPMetricExporter(target(settings.metrics, settings.timeoutMs)), (error) =>
    onFailure('metrics', error),
  );
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: Math.max(settings.metricsMs, settings.timeoutMs),
    exportTimeoutMillis: settings.timeoutMs,
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter(SCOPE, version);
  const hear = openInstruments(meter);
  openOwn(meter, look);
  return {
    sink: 'metrics',
    hear: (fact) => {
      if (fact.type === 'asked') hear(fact);
    },
    flush: () => provider.forceFlush(),
    close: () => provider.shutdown(),
  };
}

function target({ url, headers }: OtlpTarget, timeoutMillis: number) {
  return { url, headers: { ...headers }, timeoutMillis };
}

interface Exporter<T> {
  export(items: T, done: (result: { readonly code: number; readonly error?: Error }) => void): void;
}

/** The same exporter, whose failures are told. */
function counted<T, E extends Exporter<T>>(exporter: E, onFailure: (error: unknown) => void): E {
  const send = exporter.export.bind(exporter);
  exporter.export = (items, done) =>
    send(items, (result) => {
      if (result.code !== SUCCESS) onFailure(result.error);
      done(result);
    });
  return exporter;
}
