// Everything that the daemon says of itself, in one place: numbers, lines, traces, whether it is ready. Whatever becomes of that, no
// session notices: what cannot be got rid of is counted, and forgotten.
import { join } from 'node:path';
import type { Clock } from '../../base/index.ts';
import type { Home, TelemetrySettings } from '../../config/index.ts';
import type { Fact } from '../../host/index.ts';
import { codeOf } from '../../protocol/index.ts';
import { Disk } from './disk.ts';
import { exposition } from './exposition.ts';
import { setGauges } from './gauges.ts';
import { removeHealth, writeHealth, type HealthFile } from './health-file.ts';
import { LogFile } from './log-file.ts';
import { openLog, type Log } from './log.ts';
import { Measures, type Family } from './measures.ts';
import { openOtlp, type Otlp, type OtlpSettings } from './otlp/open.ts';
import type { Sink, Telemetry, Told, Watched } from './port.ts';
import { reasonsOf } from './ready.ts';
import { record } from './record.ts';
import { redactor } from './redact.ts';
import { Secrets } from './secrets.ts';
import { tell } from './told.ts';

const MIB = 1024 * 1024;
/** How many beats may be missed before what is written does not hold any more. */
const MISSED_BEATS = 3;
/** For what waits to be sent when the daemon ends. */
const LAST_SEND_MS = 2_000;

export interface TelemetryOptions {
  readonly home: Pick<Home, 'logs' | 'health' | 'database'>;
  readonly version: string;
  readonly clock: Clock;
  readonly settings: TelemetrySettings;
  /** Where traces and metrics go, if anywhere. */
  readonly otlp?: OtlpSettings;
  /** What never may be in a line, as far as it is known at the start: keys, tokens, values of headers. */
  readonly secrets: readonly string[];
}

export async function openTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { home, clock, settings } = options;
  const secrets = new Secrets();
  secrets.add(options.secrets);
  const measures = new Measures();
  const file = new LogFile({
    path: join(home.logs, 'daemon.log'),
    maxBytes: settings.logMb * MIB,
    onLost: (lines) => measures.add('carrel_sink_failures_total', ['log'], Math.max(1, lines)),
  });
  const level = settings.logLevel;
  const log = await openLog({ level, redact: redactor(secrets), file, now: () => clock.now() });
  const telemetry = new DaemonTelemetry(options, { measures, file, log, secrets });
  await telemetry.openOtlp();
  return telemetry;
}

interface Parts {
  readonly measures: Measures;
  readonly file: LogFile;
  readonly log: Log;
  readonly secrets: Secrets;
}

class DaemonTelemetry implements Telemetry {
  readonly log: Log;
  readonly #options: TelemetryOptions;
  readonly #measures: Measures;
  readonly #file: LogFile;
  readonly #disk: Disk;
  readonly #secrets: Secrets;
  #otlp: Otlp | undefined;
  #watched: Watched | undefined;
  #beat: Disposable | undefined;
  #writing: Promise<void> | undefined;
  /** The health file is to be written. */
  #isDue = false;
  #draining = false;
  #sinkFailures = 0;
  /** Sessions by status, as of the last look. */
  #counts: Readonly<Partial<Record<string, number>>> = {};

  constructor(options: TelemetryOptions, { measures, file, log, secrets }: Parts) {
    this.#options = options;
    this.#measures = measures;
    this.#file = file;
    this.log = log;
    this.#secrets = secrets;
    this.#disk = new Disk(options.home.database);
    measures.set('carrel_info', [options.version], 1);
    measures.set('process_start_time_seconds', [], options.clock.now() / 1000);
  }

  get isOpen(): boolean {
    return this.#options.settings.metrics === 'loopback';
  }

  readonly observe = (fact: Fact): void => {
    record(this.#measures, fact);
    tell(this.log, fact);
    this.#otlp?.hear(fact);
  };

  async openOtlp(): Promise<void> {
    const { otlp: settings, version } = this.#options;
    if (settings === undefined) return;
    const look = async (): Promise<readonly Family[]> => {
      await this.#look();
      return this.#measures.families();
    };
    const onFailure = (sink: Sink, error: unknown): void => this.sinkFailed(sink, error);
    this.#otlp = await openOtlp({ settings, version, look, onFailure });
  }

  hide(values: Iterable<string>): void {
    this.#secrets.add(values);
  }

  fault(what: string, error: unknown, session?: string): void {
    this.#measures.add('carrel_errors_total', ['fault', codeOf(error)]);
    this.log.write('warn', what, { error, ...(session === undefined ? {} : { session }) });
  }

  called({ method, tookMs, error, ...about }: Told): void {
    this.#measures.observe('carrel_rpc_seconds', [method], tookMs / 1000);
    if (error !== undefined) this.#measures.add('carrel_errors_total', ['client', error]);
    if (this.log.writes('debug')) this.log.write('debug', method, { ...about, tookMs, code: error });
  }

  refused(code: string): void {
    this.#measures.add('carrel_errors_total', ['client', code]);
  }

  dropped(code: string, connection?: string): void {
    this.#measures.add('carrel_connections_dropped_total', [code]);
    this.log.write('info', 'a connection was closed', {
      code,
      ...(connection === undefined ? {} : { connection }),
    });
  }

  sinkFailed(sink: Sink, error?: unknown, times = 1): void {
    this.#sinkFailures += times;
    this.#measures.add('carrel_sink_failures_total', [sink], times);
    if (sink !== 'log') this.log.write('warn', `telemetry: ${sink} failed`, { error });
  }

  watch(watched: Watched): void {
    this.#watched = watched;
    this.#beat?.[Symbol.dispose]();
    this.#tick();
  }

  drain(): void {
    this.#draining = true;
    if (this.#watched !== undefined) this.#writeHealth();
  }

  reasons(): readonly string[] {
    if (this.#watched === undefined) return ['starting: the host is being opened'];
    const { freeBytes } = this.#disk.figures;
    return reasonsOf({
      store: this.#watched.host.inspect().store,
      draining: this.#draining,
      ...(freeBytes === undefined ? {} : { freeBytes }),
    });
  }

  async flush(): Promise<void> {
    await this.#writing;
    await this.#file.flushed();
    await this.#otlp?.flush();
  }

  async scrape(): Promise<string> {
    await this.#look();
    return exposition(this.#measures.families());
  }

  /** What runs is over: writes and sends what waits, for a moment, and removes the health file. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#beat?.[Symbol.dispose]();
    await this.#closeOtlp();
    await this.#writing;
    if (this.#watched !== undefined)
      await removeHealth(this.#options.home.health).catch((error: unknown) =>
        this.sinkFailed('health_file', error),
      );
    await this.#file[Symbol.asyncDispose]();
  }

  /** A collector that does not answer holds up no end. */
  async #closeOtlp(): Promise<void> {
    if (this.#otlp === undefined) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    using _timer = this.#options.clock.after(LAST_SEND_MS, resolve);
    await Promise.race([this.#otlp[Symbol.asyncDispose](), late]);
  }

  /** Brings what is looked up, and not counted, up to date. */
  async #look(): Promise<void> {
    const watched = this.#watched;
    if (watched === undefined) return;
    const report = watched.host.inspect();
    try {
      this.#counts = await watched.host.counts();
    } catch (error) {
      this.sinkFailed('scrape', error); // the counts of before stand
    }
    const { figures } = this.#disk;
    const [counts, reasons] = [this.#counts, this.reasons()];
    setGauges(this.#measures, { report, counts, connections: watched.connections(), reasons, ...figures });
  }

  #tick(): void {
    const { clock, settings } = this.#options;
    void this.#disk.look();
    this.#writeHealth();
    this.#beat = clock.after(settings.healthMs, () => this.#tick());
  }

  /** One at a time: a disk that hangs holds one write. What is asked for meanwhile is written after it. */
  #writeHealth(): void {
    this.#isDue = true;
    this.#writing ??= this.#writeDue().finally(() => (this.#writing = undefined));
  }

  async #writeDue(): Promise<void> {
    while (this.#isDue) {
      this.#isDue = false;
      try {
        await writeHealth(this.#options.home.health, this.#health());
      } catch (error) {
        this.sinkFailed('health_file', error);
      }
    }
  }

  #health(): HealthFile {
    const { clock, version, settings } = this.#options;
    const { live = 0, turns, viewers = 0, memory } = this.#watched?.host.inspect() ?? {};
    const at = clock.now();
    const reasons = this.reasons();
    return {
      at,
      validUntil: at + MISSED_BEATS * settings.healthMs,
      pid: process.pid,
      version,
      ready: reasons.length === 0,
      reasons: [...reasons],
      live,
      turns: turns?.inUse ?? 0,
      viewers,
      connections: this.#watched?.connections() ?? 0,
      memoryBytes: memory?.processBytes ?? 0,
      sinkFailures: this.#sinkFailures,
    };
  }
}
