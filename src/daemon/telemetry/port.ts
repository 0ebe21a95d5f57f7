// What the parts of the daemon tell telemetry, and what they may ask it. None of it fails, and none of it waits.
import type { Host, Observe } from '../../host/index.ts';
import type { Correlation, Log } from './log.ts';

/** Where telemetry gets rid of what it has. */
export type Sink = 'log' | 'health_file' | 'traces' | 'metrics' | 'scrape';

/** One call of a client that was carried out or refused. */
export interface Told extends Correlation {
  readonly method: string;
  readonly who: string;
  readonly tookMs: number;
  /** Its code. */
  readonly error?: string;
}

export interface Watched {
  readonly host: Pick<Host, 'inspect' | 'counts'>;
  /** Connections and streams now. */
  readonly connections: () => number;
}

export interface Telemetry extends AsyncDisposable {
  /** For the host. */
  readonly observe: Observe;
  readonly log: Log;
  /** Keys that came after the start: from here on they are in no line. */
  hide(secrets: Iterable<string>): void;
  /** Something failed that nobody waits for. */
  fault(what: string, error: unknown, session?: string): void;
  called(call: Told): void;
  /** A client was answered with an error before there was a call. */
  refused(code: string): void;
  dropped(code: string, connection?: string): void;
  sinkFailed(sink: Sink, error?: unknown, times?: number): void;
  /** Begins to look after the health file, until disposed. */
  watch(watched: Watched): void;
  /** From here on the daemon is not ready. */
  drain(): void;
  /** Why no input is taken now; empty when it is. */
  reasons(): readonly string[];
  /** Writes and sends what waits. Never rejects. */
  flush(): Promise<void>;
  /** The numbers, as text for Prometheus. */
  scrape(): Promise<string>;
  /** Whether the numbers may be read without a token. */
  readonly isOpen: boolean;
}
