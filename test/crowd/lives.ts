// The crowd's lives: a child that is killed with -9 a few times at random moments, and a last one that ends by itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionEvent } from '../../src/protocol/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { readLedger, startProviderServer, type ProviderServer } from '../../src/testing/index.ts';
import { orphans } from '../crash/processes.ts';
import { allEvents } from '../oracle.ts';
import type { CrowdSaid } from './child.ts';
import type { CrowdPlace } from './host.ts';
import { script } from './script.ts';

export interface Crowd {
  readonly sessions: number;
  /** For each life that is killed: after how many more chunks of the provider. */
  readonly kills: readonly number[];
}

export interface CrowdRemains {
  readonly said: readonly CrowdSaid[];
  readonly journals: ReadonlyMap<string, readonly SessionEvent[]>;
  readonly runs: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly refusals: readonly string[];
  readonly orphans: readonly string[];
  /** How the last life ended. */
  readonly exitCode: number | null;
}

/** Leaves no process and no file. */
export async function liveTogether<T>(
  { sessions, kills }: Crowd,
  judge: (remains: CrowdRemains) => T,
): Promise<T> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'carrel-crowd-')));
  const mark = `${String(process.pid)}${String(Date.now())}`;
  try {
    await using server = await startProviderServer();
    server.script(script(mark));
    const place = placeIn(root, sessions, server);
    for (const chunks of kills) await live(place, untilChunks(server, chunks));
    const exitCode = await live(place, new Promise(() => undefined));
    return judge({ exitCode, ...(await remainsOf(place, server)), orphans: await orphans(mark) });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function placeIn(root: string, sessions: number, server: ProviderServer): CrowdPlace {
  const folder = join(root, 'work');
  mkdirSync(folder);
  const said = join(root, 'said');
  writeFileSync(said, '');
  const baseUrl = server.baseUrl('openai-compatible');
  return {
    home: join(root, 'home'),
    folder,
    ledger: join(root, 'ledger'),
    said,
    baseUrl,
    apiKey: server.apiKey,
    sessions,
  };
}

function untilChunks({ ledger }: ProviderServer, more: number): Promise<unknown> {
  const goal = ledger.entries.length + more;
  return ledger.until(() => ledger.entries.length >= goal);
}

/** One life, until it ends or its moment has come. */
async function live(place: CrowdPlace, moment: Promise<unknown>): Promise<number | null> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), JSON.stringify(place)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  await Promise.race([moment, exit]);
  child.kill('SIGKILL');
  const [code] = await exit;
  return code;
}

async function remainsOf(
  place: CrowdPlace,
  server: ProviderServer,
): Promise<Pick<CrowdRemains, 'said' | 'journals' | 'runs' | 'refusals'>> {
  const runs = new Map<string, Map<string, number>>();
  for (const { session, call } of readLedger(place.ledger)) {
    const calls = runs.get(session) ?? new Map<string, number>();
    runs.set(session, calls.set(call, (calls.get(call) ?? 0) + 1));
  }
  await using store = await openSqliteStore({ home: place.home });
  const { sessions } = await store.list({ owner: 'local', limit: place.sessions * 2 });
  const journals = new Map<string, readonly SessionEvent[]>();
  for (const { session } of sessions) journals.set(session, await allEvents(store, session));
  const said = readFileSync(place.said, 'utf8').split('\n').slice(0, -1);
  return {
    said: said.map((line) => JSON.parse(line) as CrowdSaid),
    journals,
    runs,
    refusals: server.refusals.flatMap(({ problems }) => problems),
  };
}
