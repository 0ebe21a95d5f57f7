// A host on sockets: who is let in, by which doors, and where they are written down.
import type { Clock, Random } from '../base/index.ts';
import { DEFAULT_DAEMON_LIMITS, DEFAULT_TELEMETRY, type Home } from '../config/index.ts';
import type { Host } from '../host/index.ts';
import { CarrelError, type DaemonLimits } from '../protocol/index.ts';
import { Allowances } from './allowances.ts';
import { openAudit } from './audit.ts';
import { readCertificate, type CertificateFiles } from './certificate.ts';
import { Failures } from './failures.ts';
import { checkedOrigins } from './foreign.ts';
import { Gate } from './gate.ts';
import { KnownTokens } from './known-tokens.ts';
import { listenOnPort } from './listen.ts';
import { Live } from './live.ts';
import { listenLocally } from './local-socket.ts';
import { removePresence, writePresence, type Presence } from './presence.ts';
import type { Shared } from './shared.ts';
import type { Telemetry } from './telemetry/port.ts';
import { openTelemetry } from './telemetry/telemetry.ts';
import { watchTokens } from './watch-tokens.ts';

export type DaemonPlaces = Pick<
  Home,
  'token' | 'tokens' | 'audit' | 'socket' | 'daemon' | 'logs' | 'health' | 'database'
>;

export interface DaemonOptions {
  /** Stays the caller's: close it after the daemon. */
  readonly host: Host;
  /** The caller holds the home, so that no other daemon serves it. */
  readonly home: DaemonPlaces;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Default 127.0.0.1. `invalid_params` for one that is not loopback, without a certificate. */
  readonly address?: string;
  /** Then it speaks HTTPS, and only under the names that are in it. */
  readonly certificate?: CertificateFiles;
  /** Default a free one. `conflict` when it is in use. */
  readonly port?: number;
  /** Hears the host already, and stays the caller's: close it after the host. Left out, nothing is logged, and the host not heard. */
  readonly telemetry?: Telemetry;
  /** What is left out has its default. */
  readonly limits?: Partial<DaemonLimits>;
  /** Of sites whose pages may use it too, with a token; as in `http://localhost:3000`. Default none. */
  readonly origins?: readonly string[];
  readonly onFault: (what: string, error: unknown) => void;
}

export interface Daemon extends AsyncDisposable {
  readonly presence: Presence;
}

/**
 * Serves the host until disposed: then nobody new is let in, everyone is told and dropped, and the sockets are gone. `forbidden` for
 * files of tokens that others can read.
 */
export async function openDaemon(options: DaemonOptions): Promise<Daemon> {
  const tokens = new KnownTokens(options.home, options.clock);
  const opened: (() => void | PromiseLike<void>)[] = [];
  const telemetry = options.telemetry ?? (await silent(options, opened));
  const shared = share({ ...options, telemetry }, tokens);
  const close = async (): Promise<void> => {
    telemetry.drain();
    for (const undo of opened.splice(0).toReversed()) await undo();
  };
  opened.push(() => shared.failures[Symbol.asyncDispose]());
  try {
    const presence = await listen(options, shared, opened);
    const watch = watchTokens(shared, tokens);
    opened.push(() => watch[Symbol.dispose]());
    return { presence, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What is to be undone is added to `opened` as it is done. */
async function listen(
  { home, version, address = '127.0.0.1', port = 0, certificate: files }: DaemonOptions,
  shared: Shared,
  opened: (() => void | PromiseLike<void>)[],
): Promise<Presence> {
  const certificate = files === undefined ? {} : { certificate: readCertificate(files, shared.clock.now()) };
  const web = await listenOnPort(shared, { address, port, ...certificate });
  opened.push(() => web[Symbol.asyncDispose]());
  const local = await listenLocally(shared, home.socket);
  opened.push(() => local[Symbol.asyncDispose]());
  opened.push(() =>
    shared.live.close(new CarrelError('host_unavailable', 'the daemon is stopping: connect again later')),
  );
  const startedAt = shared.clock.now();
  const presence = { pid: shared.pid, url: web.address, socket: local.address, version, startedAt };
  writePresence(home.daemon, presence);
  opened.push(() => removePresence(home.daemon));
  return presence;
}

async function silent(
  { home, version, clock }: DaemonOptions,
  opened: (() => void | PromiseLike<void>)[],
): Promise<Telemetry> {
  const settings = { ...DEFAULT_TELEMETRY, logLevel: 'silent' } as const;
  const telemetry = await openTelemetry({ home, version, clock, settings, secrets: [] });
  opened.push(() => telemetry[Symbol.asyncDispose]());
  return telemetry;
}

function share(options: DaemonOptions & { readonly telemetry: Telemetry }, tokens: KnownTokens): Shared {
  const { host, home, version, clock, random, telemetry, onFault, origins = [] } = options;
  const limits = { ...DEFAULT_DAEMON_LIMITS, ...options.limits };
  const audit = openAudit(home.audit, clock);
  const failures = new Failures({ audit, clock, onFault });
  const gate = new Gate({ tokens, failures, clock });
  const live = new Live(limits);
  const allowances = new Allowances(limits, clock);
  telemetry.watch({ host, connections: () => live.size });
  const known = { gate, audit, failures, live, limits, allowances, telemetry };
  return {
    host,
    clock,
    random,
    version,
    pid: process.pid,
    onFault,
    origins: checkedOrigins(origins),
    ...known,
  };
}
