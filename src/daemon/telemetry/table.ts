// Every number that the daemon gives away, once: the text for Prometheus, the guide's table and what goes over OTLP are made from it.
// Labels hold names of a configuration, codes and states: never a session, a folder or a text, which would make a series of each.

export type MetricKind = 'counter' | 'gauge' | 'histogram';

export interface MetricRow {
  readonly kind: MetricKind;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, rising. Only of histograms. */
  readonly buckets?: readonly number[];
}

/** Around what a local disk and a process take, s. */
const SHORT = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** Around what models, tools and turns take, s. */
const LONG = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 1800];

const histogram = (help: string, labels: readonly string[], buckets: readonly number[]) =>
  ({ kind: 'histogram', help, labels, buckets }) as const;
const counter = (help: string, ...labels: readonly string[]) => ({ kind: 'counter', help, labels }) as const;
const gauge = (help: string, ...labels: readonly string[]) => ({ kind: 'gauge', help, labels }) as const;

export const METRICS = {
  carrel_info: gauge('1; the version is its label.', 'version'),
  process_start_time_seconds: gauge('When the daemon started, seconds since 1970.'),
  process_cpu_seconds_total: counter('Processor time of the daemon, of user and system.'),
  carrel_memory_bytes: gauge(
    'Memory: of the process (`resident`, `heap`, `external`), and of live sessions as estimated (`sessions`).',
    'of',
  ),

  carrel_session_create_seconds: histogram('A session is created, and that is durable.', [], SHORT),
  carrel_session_open_seconds: histogram(
    'A viewer that came has all that was there: what switching to a session takes.',
    [],
    SHORT,
  ),
  carrel_session_wake_seconds: histogram('A session is loaded from its journal and recovered.', [], SHORT),
  carrel_session_sleep_seconds: histogram('A session is put to sleep, or ends with the host.', [], SHORT),
  carrel_session_erase_seconds: histogram('A session is removed for good.', [], SHORT),
  carrel_append_seconds: histogram('One write of a session, to its sync.', [], SHORT),
  carrel_rpc_seconds: histogram('A call of a client, to its answer.', ['method'], SHORT),
  carrel_first_token_seconds: histogram(
    'From a request to the first part of its answer.',
    ['provider'],
    LONG,
  ),
  carrel_model_request_seconds: histogram(
    'A request to a model; `outcome` is `ok` or the code of its error.',
    ['provider', 'outcome'],
    LONG,
  ),
  carrel_tool_seconds: histogram('A call of a tool that ran.', ['tool', 'status'], LONG),
  carrel_turn_seconds: histogram('A turn, with all that it waited for.', ['outcome'], LONG),

  carrel_sessions: gauge('Stored sessions by status.', 'status'),
  carrel_sessions_resident: gauge('Stored sessions by where they are: `live` or `asleep`.', 'residency'),
  carrel_slots_in_use: gauge('Slots in use.', 'level', 'name'),
  carrel_slots_free: gauge('Slots that are free.', 'level', 'name'),
  carrel_slots_waiting: gauge('Who waits for a slot.', 'level', 'name'),
  carrel_provider_open: gauge('1 while a provider is left alone after failures.', 'provider'),
  carrel_provider_paused_seconds: gauge('For how long a provider asked to be left alone.', 'provider'),
  carrel_connections: gauge('Connections and streams of clients.'),
  carrel_viewers: gauge('Viewers of sessions.'),
  carrel_store_writable: gauge('1 while the store can write.'),
  carrel_store_bytes: gauge('Size of the database and of its write-ahead log.', 'file'),
  carrel_disk_free_bytes: gauge('Room that is left where the store is.'),
  carrel_ready: gauge('1 while input is taken; `/health/ready` says why not.'),

  carrel_events_total: counter('Events that became durable, by type.', 'type'),
  carrel_tokens_total: counter(
    'Tokens that providers reported: `input` with the `cached` among them, and `output`.',
    'provider',
    'model',
    'kind',
  ),
  carrel_cost_dollars_total: counter('Cost of answers whose price is known.', 'provider', 'model'),
  carrel_provider_faults_total: counter('Requests to providers that failed, by code.', 'provider', 'code'),
  carrel_errors_total: counter(
    'Errors by code: of `client` calls, of `turn`s, of `tool`s, of appends (`save`), and those that nobody waited for (`fault`).',
    'where',
    'code',
  ),
  carrel_session_crashes_total: counter('Sessions that were loaded again after a bug.'),
  carrel_session_recoveries_total: counter('Sessions that were taken up with a turn open.'),
  carrel_viewers_behind_total: counter('Viewers that were too slow, and read on from the store.'),
  carrel_connections_dropped_total: counter('Connections that the daemon closed, by code.', 'code'),
  carrel_listener_faults_total: counter('Listeners that threw.'),
  carrel_slots_leaked_total: counter('Slots that were found in use by nobody and taken back: bugs.'),
  carrel_sink_failures_total: counter(
    'What telemetry could not get rid of: lines of `log`, writes of `health_file`, exports of `traces` and `metrics`, a `scrape`.',
    'sink',
  ),
} as const satisfies Record<string, MetricRow>;

export type MetricName = keyof typeof METRICS;
type NamesOf<K extends MetricKind> = {
  [N in MetricName]: (typeof METRICS)[N]['kind'] extends K ? N : never;
}[MetricName];
export type CounterName = NamesOf<'counter'>;
export type GaugeName = NamesOf<'gauge'>;
export type HistogramName = NamesOf<'histogram'>;

export function rowOf(name: MetricName): MetricRow {
  return METRICS[name];
}
