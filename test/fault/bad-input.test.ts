// Rubbish from many sides at once: each frame is answered with a code or ends its connection with one, nothing is let in, and afterwards sockets
// and memory are what they were. In full 100,000 frames on 10,000 connections, else a hundredth of them.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock, systemRandom, type Clock } from '../../src/base/index.ts';
import { homeAt } from '../../src/config/index.ts';
import { createToken, openDaemon, ownerToken, type Daemon } from '../../src/daemon/index.ts';
import { ERRORS } from '../../src/protocol/index.ts';
import { openTestHost } from '../../src/testing/index.ts';

const CONNECTIONS = process.env['CARREL_TEST_LONG'] === undefined ? 100 : 10_000;
const FRAMES = 10;
/** Connections at once. */
const SIDES = 40;
const TIMEOUT_MS = 10 * 60_000;

/** Wrong tokens wait seconds; here they wait hundredths of them. */
const CLOCK: Clock = {
  ...systemClock,
  after: (ms, fire) => systemClock.after(ms <= 2000 ? ms / 100 : ms, fire),
};

const call = (method: string, params: unknown = {}): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });

/** Every one is answered once, with an error. */
const RUBBISH: readonly string[] = [
  '{',
  '\u0000\u0001',
  '[]',
  'null',
  '"text"',
  '{"jsonrpc":"2.0"}',
  '{"jsonrpc":"1.0","id":1,"method":"inbox/list"}',
  '{"jsonrpc":"2.0","id":{},"method":"inbox/list"}',
  '{"jsonrpc":"2.0","id":1,"method":"inbox/list","params":[]}',
  '{"jsonrpc":"2.0","id":1,"method":"x","__proto__":{"admin":true}}',
  '{"jsonrpc":"2.0","id":1,"method":"session/get","params":{"session":"a","__proto__":{"scopes":["admin"]}}}',
  call('session/get', { constructor: { prototype: { scopes: ['admin'] } } }),
  call('__proto__'),
  call('constructor'),
  call('toString'),
  call('session/erase', { session: '../../etc/passwd' }),
  call('session/list', { limit: 1e9 }),
  call('session/follow', { session: 7 }),
  call('connection/open', { protocol: 99 }),
  call('connection/open', { protocol: 1, token: 'x'.repeat(300) }),
  `${'['.repeat(5000)}${']'.repeat(5000)}`,
  `{"jsonrpc":"2.0","id":1,"method":"x","params":${'{"a":'.repeat(500)}1${'}'.repeat(500)}}`,
  `[${'[],'.repeat(30_000)}[]]`,
  '\ud800',
];

const SECRETS: { expired: string; observer: string } = { expired: '', observer: '' };

/** What ends its connection, with a code. */
const ENDINGS: readonly (() => string)[] = [
  () => call('connection/open', { protocol: 1 }),
  () => call('connection/open', { protocol: 1, token: 'guess' }),
  () => call('connection/open', { protocol: 1, token: SECRETS.expired }),
];

type Tally = Map<string, number>;
const count = (tally: Tally, what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1);

function codeIn(text: string): string {
  const { error } = JSON.parse(text) as { error?: { data?: { code?: string }; code?: string } };
  return error?.data?.code ?? error?.code ?? 'none';
}

async function overWebSocket({ presence }: Daemon, tally: Tally, n: number): Promise<void> {
  const socket = new WebSocket(`${presence.url.replace('http', 'ws')}/rpc`);
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.on('message', (data: Buffer) => count(tally, codeIn(data.toString())));
  await once(socket, 'open');
  for (let at = 0; at < FRAMES - 1; at++) socket.send(RUBBISH[(n * 7 + at) % RUBBISH.length] ?? '');
  if (n % 5 === 0) socket.send(Buffer.from([n % 256]));
  else if (n % 50 === 1) socket.send('x'.repeat(1024 * 1024 + 1));
  else socket.send(ENDINGS[n % ENDINGS.length]?.() ?? '');
  await closed;
}

async function asObserver({ presence }: Daemon, tally: Tally, n: number): Promise<void> {
  const socket = new WebSocket(`${presence.url.replace('http', 'ws')}/rpc`);
  await once(socket, 'open');
  socket.send(call('connection/open', { protocol: 1, token: SECRETS.observer }));
  await once(socket, 'message');
  const done = Promise.withResolvers<void>();
  let left = FRAMES;
  socket.on('message', (data: Buffer) => {
    count(tally, codeIn(data.toString()));
    if (--left === 0) done.resolve();
  });
  for (let at = 0; at < FRAMES - 1; at++) socket.send(RUBBISH[(n * 5 + at) % RUBBISH.length] ?? '');
  socket.send(call('session/configure', { session: 'ses_none', change: {} }));
  await done.promise;
  socket.terminate();
  await once(socket, 'close');
}

async function overSocket({ presence }: Daemon, tally: Tally, n: number): Promise<void> {
  const socket = connect(presence.socket).on('error', () => undefined);
  const closed = once(socket, 'close');
  let left = FRAMES;
  createInterface({ input: socket }).on('line', (line) => {
    count(tally, codeIn(line));
    if (--left === 0) socket.destroy();
  });
  for (let at = 0; at < FRAMES; at++) {
    const text = RUBBISH[(n * 3 + at) % RUBBISH.length] ?? '';
    socket.write(`${text.replaceAll('\n', ' ')}\n`);
  }
  await closed;
}

async function overHttp({ presence }: Daemon, tally: Tally, n: number): Promise<void> {
  for (let at = 0; at < FRAMES; at++) {
    const kind = (n + at) % 4;
    const token = [SECRETS.observer, 'guess', SECRETS.expired, SECRETS.observer][kind] ?? '';
    const headers = { Authorization: `Bearer ${token}` };
    const body = RUBBISH[(n * 11 + at) % RUBBISH.length] ?? '';
    const response =
      kind === 3
        ? await fetch(`${presence.url}/sessions/..%2F..%2Fetc/events?after=${String(at)}x`, { headers })
        : await fetch(`${presence.url}/rpc`, { method: 'POST', headers, body });
    expect(response.status).toBeGreaterThanOrEqual(400);
    count(tally, codeIn(await response.text()));
  }
}

const WAYS = [overWebSocket, asObserver, overSocket, overHttp];

function collect(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

const sockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => /TCPSocket|Pipe(Wrap|Connect)/.test(name)).length;

it(
  `survives ${String(CONNECTIONS * FRAMES)} frames of rubbish on ${String(CONNECTIONS)} connections`,
  async () => {
    const home = homeAt(mkdtempSync(join(tmpdir(), 'carrel-rubbish-')));
    await using test = await openTestHost();
    const faults: unknown[] = [];
    await using daemon = await openDaemon({
      host: test.host,
      home,
      version: '0.0.0',
      clock: CLOCK,
      random: systemRandom,
      limits: { tokenRequestsPerSecond: 100_000 },
      onFault: (_what, error) => void faults.push(error),
    });
    SECRETS.expired = createToken(home, { name: 'old', scopes: ['admin'], expiresAt: 1 }, 0);
    SECRETS.observer = createToken(home, { name: 'observer', scopes: ['observe'] }, 0);
    const tally: Tally = new Map();
    let next = 0;
    const side = async (): Promise<void> => {
      for (let n = next++; n < CONNECTIONS; n = next++) await WAYS[n % WAYS.length]?.(daemon, tally, n);
    };
    await Promise.all(WAYS.map((way, n) => way(daemon, tally, n)));
    const [socketsBefore, heapBefore] = [sockets(), collect()];
    await Promise.all(Array.from({ length: SIDES }, side));
    expect(faults).toEqual([]);
    const unknown = [...tally.keys()].filter((code) => !Object.hasOwn(ERRORS, code) || code === 'internal');
    expect(unknown).toEqual([]);
    const answers = [...tally.values()].reduce((sum, one) => sum + one, 0);
    expect(answers).toBeGreaterThanOrEqual(CONNECTIONS * FRAMES * 0.95);
    for (const code of ['invalid_params', 'unauthorized', 'forbidden', 'not_found', 'version_mismatch'])
      expect([code, tally.get(code) ?? 0]).toEqual([code, expect.any(Number)]);
    const headers = { Authorization: `Bearer ${ownerToken(home)}` };
    const response = await fetch(`${daemon.presence.url}/rpc`, {
      method: 'POST',
      headers,
      body: call('inbox/list'),
    });
    expect(await response.json()).toMatchObject({ result: [] });
    expect(sockets()).toBeLessThanOrEqual(socketsBefore + SIDES);
    expect(collect() - heapBefore).toBeLessThan(64 * 1024 * 1024);
    expect(Object.hasOwn(Object.prototype, 'admin') || Object.hasOwn(Object.prototype, 'scopes')).toBe(false);
    rmSync(home.dataFolder, { recursive: true });
  },
  TIMEOUT_MS,
);
