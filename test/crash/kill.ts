// One life: a child host at work, killed with -9 at its moment, and its home taken at once by another host, which finishes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionEvent, SessionSummary } from '../../src/protocol/index.ts';
import {
  readLedger,
  startProviderServer,
  type ProviderServer,
  type WireKind,
} from '../../src/testing/index.ts';
import { allEvents } from '../oracle.ts';
import type { Said } from './child.ts';
import { openHome, type Place } from './host.ts';
import { orphans } from './processes.ts';
import { MODELS, script, type Life } from './script.ts';

/** Shared by all children: most of their time goes into loading the program. */
const COMPILED = join(tmpdir(), 'carrel-crash-compiled');

export interface Moment {
  readonly kind: WireKind;
  /** The n-th chunk that the provider sends, the n-th line that the child says, or the answer to a cancel after n items. */
  readonly by: 'chunk' | 'line' | 'cancel';
  readonly at: number;
}

/** What is left to be judged. */
export interface Remains {
  readonly said: readonly Said[];
  /** Of the provider server, when it was killed: wall clock, and the requests so far. */
  readonly killedAt: number;
  readonly requestsAtKill: number;
  readonly server: ProviderServer;
  /** Undefined when it was killed before its session was there. */
  readonly session: AfterLife | undefined;
  readonly orphans: readonly string[];
}

export interface AfterLife {
  readonly id: string;
  /** As the next host found and finished it, before anyone asked for more. */
  readonly settled: SessionSummary;
  readonly requestsWhenSettled: number;
  /** The turn after that. */
  readonly next: SessionSummary;
  readonly events: readonly SessionEvent[];
  /** How often each call's tool really ran. */
  readonly runs: ReadonlyMap<string, number>;
}

/** Lives, kills, goes on, and gives what is left to `judge`. Leaves no process and no file. */
export async function killAt<T>(moment: Moment, judge: (remains: Remains) => T): Promise<T> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'carrel-crash-')));
  const life: Life = { mark: `${process.pid}${Date.now()}`, slow: true };
  try {
    await using server = await startProviderServer();
    server.script(script(life));
    const place = placeIn(root, moment.kind, server);
    const said = await liveUntil(moment, place, server);
    const killedAt = performance.timeOrigin + performance.now();
    said.kill();
    await said.gone;
    life.slow = false;
    const requestsAtKill = server.requests.length;
    const session = await goOn(place, server);
    const left = await orphans(life.mark);
    return judge({ said: said.lines, killedAt, requestsAtKill, server, session, orphans: left });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function placeIn(root: string, kind: WireKind, server: ProviderServer): Place {
  const folder = join(root, 'work');
  mkdirSync(folder);
  return {
    home: join(root, 'home'),
    folder,
    ledger: join(root, 'ledger'),
    kind,
    model: MODELS[kind],
    baseUrl: server.baseUrl(kind),
    apiKey: server.apiKey,
  };
}

interface Child {
  readonly lines: readonly Said[];
  /** Resolves when it has ended and all it said is read. */
  readonly gone: Promise<unknown>;
  kill(): void;
}

/** Resolves at the moment; rejects when the child ends before it. */
async function liveUntil({ by, at }: Moment, place: Place, server: ProviderServer): Promise<Child> {
  const script = join(import.meta.dirname, 'child.ts');
  const args = [script, JSON.stringify(place), ...(by === 'cancel' ? [String(at)] : [])];
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
  });
  const lines: Said[] = [];
  const gone = once(child, 'close');
  const reached = Promise.withResolvers<unknown>();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const whole = (rest + text).split('\n');
    rest = whole.pop() ?? '';
    lines.push(...whole.map((line) => JSON.parse(line) as Said));
    const isMoment = by === 'line' ? lines.length >= at : lines.some((line) => 'cancelled' in line);
    if (isMoment) reached.resolve(undefined);
  });
  if (by === 'chunk') reached.resolve(server.ledger.until(() => server.ledger.entries.length >= at));
  const early = gone.then(() => Promise.reject(new Error('the child ended before its moment')));
  early.catch(() => undefined);
  await Promise.race([reached.promise, early]);
  return { lines, gone, kill: () => void child.kill('SIGKILL') };
}

async function goOn(place: Place, server: ProviderServer): Promise<AfterLife | undefined> {
  const { host, store } = await openHome(place);
  try {
    const [row] = (await host.list({ limit: 10 })).sessions;
    if (row === undefined) return undefined;
    const session = await host.session(row.session);
    const settled = await session.settled();
    const requestsWhenSettled = server.requests.length;
    await session.send('and then?');
    const next = await session.settled();
    const runs = new Map<string, number>();
    for (const { call } of readLedger(place.ledger)) runs.set(call, (runs.get(call) ?? 0) + 1);
    const events = await allEvents(store, row.session);
    return { id: row.session, settled, requestsWhenSettled, next, events, runs };
  } finally {
    await host.close();
  }
}
