// The rows of telemetry: what a daemon says of itself, and to whom.
import type { TelemetryConfig } from '../protocol/index.ts';
import type { Setting } from './setting.ts';

/** With every default filled in. */
export type TelemetrySettings = {
  readonly [K in Exclude<keyof TelemetryConfig, 'otlpEndpoint'>]-?: NonNullable<TelemetryConfig[K]>;
} & { readonly otlpEndpoint?: string };

export const DEFAULT_TELEMETRY: TelemetrySettings = {
  metrics: 'token',
  logLevel: 'info',
  logMb: 10,
  healthMs: 10_000,
  otlpMetricsMs: 60_000,
  content: false,
};

export const TELEMETRY: readonly Setting[] = [
  {
    key: 'telemetry.metrics',
    kind: 'choice',
    project: 'never',
    default: DEFAULT_TELEMETRY.metrics,
    choices: ['token', 'loopback'],
    env: 'CARREL_METRICS',
    meaning:
      'Who may read `/metrics`: whoever has a token with the scope `observe`, or every process of this machine, as long as no other machine reaches the daemon.',
    reason: 'What is used, and what it costs, is the affair of whoever owns it.',
  },
  {
    key: 'telemetry.logLevel',
    kind: 'choice',
    project: 'never',
    default: DEFAULT_TELEMETRY.logLevel,
    choices: ['debug', 'info', 'warn', 'error', 'silent'],
    env: 'CARREL_LOG_LEVEL',
    meaning: 'The least that is worth a line of `logs/daemon.log`.',
    reason: '`info` is a line for a turn; `debug` adds one for each request, call and answer to a client.',
  },
  {
    key: 'telemetry.logMb',
    kind: 'integer',
    project: 'never',
    default: DEFAULT_TELEMETRY.logMb,
    minimum: 1,
    maximum: 1024,
    unit: 'MiB',
    meaning: 'Size of the log above which it is kept as `daemon.log.1` and begins anew.',
    reason: 'Weeks of `info`, some hours of `debug`; twice that on the disk at most.',
  },
  {
    key: 'telemetry.healthMs',
    kind: 'integer',
    project: 'never',
    default: DEFAULT_TELEMETRY.healthMs,
    minimum: 1000,
    maximum: 600_000,
    unit: 'ms',
    meaning: 'How often `health.json` is written; after three times that without a write it does not hold.',
    reason: 'Soon enough for a person or a supervisor, and nothing for a disk.',
  },
  {
    key: 'telemetry.otlpEndpoint',
    kind: 'text',
    project: 'never',
    form: 'an http or https address without user and password',
    meaning:
      'Address of an OpenTelemetry collector (OTLP over HTTP); `OTEL_EXPORTER_OTLP_ENDPOINT` stands above it. Nothing is sent without one.',
  },
  {
    key: 'telemetry.otlpMetricsMs',
    kind: 'integer',
    project: 'never',
    default: DEFAULT_TELEMETRY.otlpMetricsMs,
    minimum: 1000,
    maximum: 3_600_000,
    unit: 'ms',
    meaning: 'How often numbers go to the collector.',
    reason: 'What collectors expect.',
  },
  {
    key: 'telemetry.content',
    kind: 'boolean',
    project: 'never',
    default: DEFAULT_TELEMETRY.content,
    meaning: 'Traces hold what was said, and what tools were given and gave.',
    reason: 'It leaves the machine then.',
  },
];
