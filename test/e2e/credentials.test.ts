// A key that a session was handed, and everything that a daemon leaves behind: its home with logs, audit and journal, what it said, and its
// numbers. The key looks like no key, so that no guess of the log can hide it.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Client, ClientSession } from '../../src/client/index.ts';
import { connectHome } from '../../src/client/node/index.ts';
import { codeOf, type ParamsOf } from '../../src/protocol/index.ts';
import { startProviderServer, type ProviderServer } from '../../src/testing/index.ts';
import { Desk, saying, type Started } from './cli.ts';

const KEY = 'planted.by.the.test';
const WRONG = 'wrong.by.the.test';
/** Two processes are started on a machine that may have much to do. */
const STARTING_MS = 120_000;

let desk: Desk;
let server: ProviderServer;

beforeEach(async () => {
  desk = new Desk();
  server = await startProviderServer({ apiKey: KEY });
  const local = {
    kind: 'openai-compatible',
    baseUrl: server.baseUrl('openai-compatible'),
    models: { m: {} },
  };
  const config = { model: 'local/m', providers: { local }, telemetry: { logLevel: 'debug' } };
  mkdirSync(desk.home, { mode: 0o700 });
  writeFileSync(join(desk.home, 'config.jsonc'), JSON.stringify(config), { mode: 0o600 });
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  desk[Symbol.dispose]();
});

async function start(): Promise<Started> {
  const daemon = desk.start(['daemon', 'run']);
  await saying(daemon.child.stderr, 'serving at');
  return daemon;
}

/** Everything in the home that is a file, by its name. */
function files(): ReadonlyMap<string, string> {
  const names = readdirSync(desk.home, { recursive: true, encoding: 'utf8' });
  const isFile = (name: string): boolean => statSync(join(desk.home, name)).isFile();
  return new Map(names.filter(isFile).map((name) => [name, readFileSync(join(desk.home, name), 'latin1')]));
}

async function failing(session: ClientSession): Promise<string | undefined> {
  await session.send('hi');
  return (await session.settled()).error?.message;
}

/** Requests that are refused, each with the key where it does not belong. */
async function misplace(client: Client, session: string): Promise<readonly string[]> {
  const bodies = [
    { session, provider: 'local', apiKey: KEY, more: KEY },
    { session, provider: 'local', apiKey: [KEY] },
    { session: 'ses_nobody', provider: 'local', apiKey: KEY },
    { session, provider: 'nowhere', apiKey: KEY },
  ];
  return await Promise.all(
    bodies.map((body) =>
      client.link
        .call('session/credentials', body as ParamsOf<'session/credentials'>)
        .then(() => 'taken', codeOf),
    ),
  );
}

it(
  'is in nothing that a daemon leaves behind, whatever goes wrong',
  async () => {
    const first = await start();
    const client = await connectHome({ home: desk.home });
    const session = await client.create({ folder: desk.folder, change: { credentials: 'session' } });
    expect(await misplace(client, session.id)).not.toContain('internal');
    // A provider that says it back.
    await session.setCredentials('local', KEY);
    server.script([{ status: 400, message: `no model for ${KEY}` }]);
    expect(await failing(session)).toMatch(/no model for \*\*\*/);
    server.script(() => [{ text: 'Hello.' }]);
    expect(await failing(session)).toBeUndefined();
    await session.setCredentials('local', WRONG);
    expect(await failing(session)).toMatch(/refused the key that the session was handed/);
    const { url } = await desk.json<{ url: string }>(['daemon', 'status']);
    const Authorization = `Bearer ${readFileSync(join(desk.home, 'token'), 'utf8').trim()}`;
    const metrics = await (await fetch(`${url}/metrics`, { headers: { Authorization } })).text();
    first.child.kill('SIGKILL');
    const crashed = await first.ended;
    const second = await start();
    expect(await failing(session)).toMatch(/none for the provider local is here/);
    await client.close();
    second.child.kill('SIGTERM');
    const stopped = await second.ended;
    const left = files();
    expect(left.get('logs/daemon.log')).toContain(session.id);
    const said = [crashed, stopped].flatMap(({ stdout, stderr }) => [stdout, stderr]);
    const everything = [...left, ['what it said', said.join('')] as const, ['metrics', metrics] as const];
    const found = everything.filter(([, text]) => text.includes(KEY) || text.includes(WRONG));
    expect(found.map(([name]) => name)).toEqual([]);
    expect(server.requests).toHaveLength(2);
  },
  STARTING_MS,
);
