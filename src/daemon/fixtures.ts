// A daemon's inside without sockets: a host for tests, and wires that are held in the hand.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deferred, systemRandom } from '../base/index.ts';
import {
  DEFAULT_DAEMON_LIMITS,
  DEFAULT_TELEMETRY,
  homeAt,
  type Home,
  type TelemetrySettings,
} from '../config/index.ts';
import type { RpcResponse } from '../protocol/index.ts';
import { manualClock, openTestHost, type TestHost, type TestHostOptions } from '../testing/index.ts';
import { Allowances } from './allowances.ts';
import { openAudit } from './audit.ts';
import { openConnection } from './connection.ts';
import { Failures } from './failures.ts';
import { Gate } from './gate.ts';
import type { Identity } from './identity.ts';
import { KnownTokens } from './known-tokens.ts';
import { Live } from './live.ts';
import type { Shared } from './shared.ts';
import { openTelemetry } from './telemetry/telemetry.ts';
import type { Receiver, Wire } from './wire.ts';

export interface Inside extends AsyncDisposable {
  readonly test: TestHost;
  readonly shared: Shared;
  readonly home: Home;
  readonly tokens: KnownTokens;
  readonly faults: unknown[];
}

export type InsideOptions = TestHostOptions & {
  readonly telemetry?: Partial<TelemetrySettings>;
  /** Is given the folder of the home before anything is opened. */
  readonly prepare?: (folder: string) => void;
};

export async function openInside(options: InsideOptions = {}): Promise<Inside> {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-daemon-'));
  const home = homeAt(folder);
  options.prepare?.(folder);
  const clock = options.clock ?? manualClock();
  const settings = { ...DEFAULT_TELEMETRY, ...options.telemetry };
  const telemetry = await openTelemetry({ home, clock, version: '0', settings, secrets: [] });
  const test = await openTestHost({ ...options, clock, observe: telemetry.observe });
  const { host } = test;
  const tokens = new KnownTokens(home, clock);
  const audit = openAudit(home.audit, clock);
  const faults: unknown[] = [];
  const onFault = (_what: string, error: unknown): void => void faults.push(error);
  const failures = new Failures({ audit, clock, onFault });
  const gate = new Gate({ tokens, failures, clock });
  const limits = DEFAULT_DAEMON_LIMITS;
  const live = new Live(limits);
  const allowances = new Allowances(limits, clock);
  telemetry.watch({ host, connections: () => live.size });
  const known = { gate, audit, failures, live, limits, allowances, telemetry };
  const shared = { host, clock, random: systemRandom, version: '0', pid: 1, onFault, ...known };
  const close = async (): Promise<void> => {
    await test[Symbol.asyncDispose]();
    await telemetry[Symbol.asyncDispose]();
    await failures[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  };
  return { test, shared, home, tokens, faults, [Symbol.asyncDispose]: close };
}

/** A message of either kind, as it was sent. */
export type Sent = Partial<RpcResponse> & {
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: { readonly code: string };
  };
  readonly result?: unknown;
  readonly method?: string;
  readonly params?: unknown;
};

export interface HandWire {
  readonly receiver: Receiver;
  readonly sent: readonly Sent[];
  /** Why it was closed, once it is. */
  readonly closed: string | undefined;
  /** Whether what is sent is taken; what was not is taken as soon as it is. */
  reading: boolean;
  /** The answer to a request. */
  call(method: string, params?: unknown): Promise<Sent>;
  /** Resolves with the first message that fits, sent before or after now. */
  until(fits: (sent: Sent) => boolean): Promise<Sent>;
}

export function handWire(shared: Shared, trusted?: Identity): HandWire {
  const sent: Sent[] = [];
  const untaken: (() => void)[] = [];
  const waiting = new Set<() => void>();
  let closed: string | undefined;
  let reading = true;
  let last = 0;
  const wire: Wire = {
    send(text, taken) {
      sent.push(JSON.parse(text) as Sent);
      if (reading) queueMicrotask(taken);
      else untaken.push(taken);
      for (const look of waiting) look();
    },
    close: (why) => void (closed ??= why),
  };
  const receiver = openConnection({ shared, wire, ...(trusted === undefined ? {} : { trusted }) });
  const until = async (fits: (one: Sent) => boolean): Promise<Sent> => {
    const found = deferred<Sent>();
    const look = (): void => {
      const one = sent.find(fits);
      if (one !== undefined) found.resolve(one);
    };
    waiting.add(look);
    look();
    return found.promise.finally(() => waiting.delete(look));
  };
  return {
    receiver,
    sent,
    until,
    get closed() {
      return closed;
    },
    get reading() {
      return reading;
    },
    set reading(value) {
      reading = value;
      if (value) for (const taken of untaken.splice(0)) taken();
    },
    call(method, params) {
      const id = ++last;
      receiver.receive(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
      return until((one) => one.id === id);
    },
  };
}

/** Opened as the owner. */
export async function ownerWire(shared: Shared): Promise<HandWire> {
  const wire = handWire(shared, { name: 'owner', scopes: ['observe', 'prompt', 'approve', 'admin'] });
  await wire.call('connection/open', { protocol: 1 });
  return wire;
}
