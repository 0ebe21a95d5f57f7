// Rubbish from many sides at once: each frame is answered with the code that is its own, nothing is let in, and afterwards sockets and memory
// are what they were: sockets as before the first, memory as after the first half. In full 100,000 frames on 10,000 connections, else a hundredth of them.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text as textOf } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock, systemRandom, type Clock } from '../../src/base/index.ts';
import { homeAt } from '../../src/config/index.ts';
import { createToken, openDaemon, ownerToken, type Daemon } from '../../src/daemon/index.ts';
import { ERRORS, type ErrorCode } from '../../src/protocol/index.ts';
import { openTestHost } from '../../src/testing/index.ts';

const CONNECTIONS = process.env['CARREL_TEST_LONG'] === undefined ? 100 : 10_000;
const FRAMES = 10;
/** What may be left of half of them: in full less than a kilobyte a connection. */
const MOST_KEPT_BYTES = 4 * 1024 * 1024;
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

/** What is sent, and the code that each of those who may send it meets. */
interface Bad {
  readonly text: string;
  /** Who has not said who it is. */
  readonly stranger: ErrorCode;
  /** Who may only observe, on a connection; and by POST, where there is no connection to speak about. */
  readonly observer: ErrorCode;
  readonly post: ErrorCode;
}

const bad = (text: string, stranger: ErrorCode, observer = stranger, post = observer): Bad => ({
  text,
  stranger,
  observer,
  post,
});

/** Every one is answered once. */
const RUBBISH: readonly Bad[] = [
  bad('{', 'invalid_params'),
  bad('\u0000\u0001', 'invalid_params'),
  bad('[]', 'invalid_params'),
  bad('null', 'invalid_params'),
  bad('"text"', 'invalid_params'),
  bad('{"jsonrpc":"2.0"}', 'invalid_params'),
  bad('{"jsonrpc":"1.0","id":1,"method":"inbox/list"}', 'invalid_params'),
  bad('{"jsonrpc":"2.0","id":{},"method":"inbox/list"}', 'invalid_params'),
  bad('{"jsonrpc":"2.0","id":1,"method":"inbox/list","params":[]}', 'invalid_params'),
  bad('{"jsonrpc":"2.0","id":1,"method":"x","__proto__":{"admin":true}}', 'invalid_params'),
  bad(
    '{"jsonrpc":"2.0","id":1,"method":"session/get","params":{"session":"a","__proto__":{"scopes":["admin"]}}}',
    'invalid_params',
  ),
  bad(
    call('session/get', { constructor: { prototype: { scopes: ['admin'] } } }),
    'unauthorized',
    'invalid_params',
  ),
  bad(call('__proto__'), 'unauthorized', 'not_found'),
  bad(call('constructor'), 'unauthorized', 'not_found'),
  bad(call('toString'), 'unauthorized', 'not_found'),
  bad(call('session/erase', { session: '../../etc/passwd' }), 'unauthorized', 'forbidden'),
  bad(call('session/list', { limit: 1e9 }), 'unauthorized', 'invalid_params'),
  bad(call('session/follow', { session: 7 }), 'unauthorized', 'invalid_params', 'not_found'),
  bad(call('connection/open', { protocol: 99 }), 'version_mismatch', 'version_mismatch', 'not_found'),
  bad(
    call('connection/open', { protocol: 1, token: 'x'.repeat(300) }),
    'invalid_params',
    'invalid_params',
    'not_found',
  ),
  bad(`${'['.repeat(5000)}${']'.repeat(5000)}`, 'invalid_params'),
  bad(
    `{"jsonrpc":"2.0","id":1,"method":"x","params":${'{"a":'.repeat(500)}1${'}'.repeat(500)}}`,
    'invalid_params',
  ),
  bad(`[${'[],'.repeat(30_000)}[]]`, 'invalid_params'),
  bad('\ud800', 'invalid_params'),
];

const SECRETS: { expired: string; observer: string } = { expired: '', observer: '' };

/** What ends its connection, with a code. */
const ENDINGS: readonly (() => string)[] = [
  () => call('connection/open', { protocol: 1 }),
  () => call('connection/open', { protocol: 1, token: 'guess' }),
  () => call('connection/open', { protocol: 1, token: SECRETS.expired }),
];

/** What has come of it so far: rows of the table that each way met, and codes. */
class Tally {
  readonly met = new Set<string>();
  readonly codes = new Map<string, number>();

  /** The row that a way sends now. */
  row(way: string, n: number): Bad {
    const index = n % RUBBISH.length;
    this.met.add(`${way} ${String(index)}`);
    return RUBBISH[index] ?? bad('', 'internal');
  }

  /** Each frame met its own code. Of wrong tokens more may come at once than are looked at. */
  judge(who: string, got: readonly string[], wanted: readonly ErrorCode[]): void {
    for (const code of got) this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    const known = got.map((code) => (code === 'overloaded' ? 'unauthorized' : code));
    expect([who, known.toSorted()]).toEqual([who, wanted.toSorted()]);
  }
}

function codeIn(text: string): string {
  const { error } = JSON.parse(text) as { error?: { data?: { code?: string }; code?: string } };
  return error?.data?.code ?? error?.code ?? 'none';
}

/** Each way has its turn in each. */
const roundOf = (n: number): number => Math.floor(n / WAYS.length);

type Bout = (daemon: Daemon, tally: Tally, n: number) => Promise<void>;

/** Sent last, and what comes of it: a binary frame, one that is too large, a wrong token; all of them end the connection. */
function ending(n: number): readonly [string | Buffer, readonly ErrorCode[]] {
  if (n % 5 === 0) return [Buffer.from([n % 256]), ['invalid_params']];
  if (n % 10 === 2) return ['x'.repeat(2 * 1024 * 1024), ['invalid_params']];
  return [ENDINGS[n % ENDINGS.length]?.() ?? '', ['unauthorized', 'unauthorized']]; // the answer, and why it is closed
}

const overWebSocket: Bout = async ({ presence }, tally, n) => {
  const socket = new WebSocket(`${presence.url.replace('http', 'ws')}/rpc`);
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  const got: string[] = [];
  const answered = Promise.withResolvers<void>();
  socket.on('message', (data: Buffer) => {
    got.push(codeIn(data.toString()));
    if (got.length === FRAMES - 1) answered.resolve();
  });
  await once(socket, 'open');
  const rows = Array.from({ length: FRAMES - 1 }, (_, at) => tally.row('stranger', roundOf(n) * FRAMES + at));
  for (const { text } of rows) socket.send(text);
  await answered.promise; // what is too large ends the connection as it comes, before what is not answered yet
  const [last, codes] = ending(roundOf(n));
  socket.send(last);
  await closed;
  tally.judge('a stranger', got, [...rows.map(({ stranger }) => stranger), ...codes]);
};

const asObserver: Bout = async ({ presence }, tally, n) => {
  const socket = new WebSocket(`${presence.url.replace('http', 'ws')}/rpc`);
  await once(socket, 'open');
  socket.send(call('connection/open', { protocol: 1, token: SECRETS.observer }));
  await once(socket, 'message');
  const done = Promise.withResolvers<void>();
  const got: string[] = [];
  socket.on('message', (data: Buffer) => {
    got.push(codeIn(data.toString()));
    if (got.length === FRAMES) done.resolve();
  });
  const rows = Array.from({ length: FRAMES - 1 }, (_, at) => tally.row('observer', roundOf(n) * FRAMES + at));
  for (const { text } of rows) socket.send(text);
  socket.send(call('session/configure', { session: 'ses_none', change: {} }));
  await done.promise;
  socket.terminate();
  await once(socket, 'close');
  tally.judge('an observer', got, [...rows.map(({ observer }) => observer), 'forbidden']);
};

const overSocket: Bout = async ({ presence }, tally, n) => {
  const socket = connect(presence.socket).on('error', () => undefined);
  const closed = once(socket, 'close');
  const got: string[] = [];
  createInterface({ input: socket }).on('line', (line) => {
    got.push(codeIn(line));
    if (got.length === FRAMES) socket.destroy();
  });
  const rows = Array.from({ length: FRAMES }, (_, at) => tally.row('socket', roundOf(n) * FRAMES + at));
  for (const { text } of rows) socket.write(`${text}\n`);
  await closed;
  tally.judge(
    'at the socket',
    got,
    rows.map(({ stranger }) => stranger),
  );
};

async function ask(url: string, token: string, { path = '/rpc', body = '' }): Promise<string> {
  const headers = { Authorization: `Bearer ${token}` };
  const method = path === '/rpc' ? 'POST' : 'GET';
  const asked = request(new URL(path, url), { method, headers, agent: false }).end(
    method === 'POST' ? body : undefined,
  );
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const text = await textOf(response);
  const code = codeIn(text);
  if (code !== 'none' && path !== '/rpc') expect(response.statusCode).toBe(ERRORS[code as ErrorCode].http);
  if (code !== 'none') expect(response.statusCode).toBeGreaterThanOrEqual(400);
  return text;
}

const overHttp: Bout = async ({ presence: { url } }, tally, n) => {
  const round = roundOf(n);
  for (let at = 0; at < FRAMES; at++) {
    const kind = (round + at) % 4;
    const token = [SECRETS.observer, 'guess', SECRETS.expired, SECRETS.observer][kind] ?? '';
    const path = kind === 3 ? `/sessions/..%2F..%2Fetc/events?after=${String(at)}x` : '/rpc';
    const row = kind === 0 ? tally.row('post', round * FRAMES + at) : RUBBISH[at];
    const text = await ask(url, token, { path, body: row?.text ?? '' });
    const wanted = [row?.post, 'unauthorized', 'unauthorized', 'invalid_params'] as const;
    tally.judge(`by HTTP, ${String(kind)}`, [codeIn(text)], [wanted[kind] ?? 'internal']);
  }
};

const WAYS: readonly Bout[] = [overWebSocket, asObserver, overSocket, overHttp];

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
    const tally = new Tally();
    let next = 0;
    const side = async (until: number): Promise<void> => {
      for (let n = next++; n < until; n = next++) await WAYS[n % WAYS.length]?.(daemon, tally, n);
    };
    const round = async (until: number): Promise<void> => {
      next = Math.max(0, until - CONNECTIONS / 2);
      await Promise.all(Array.from({ length: SIDES }, () => side(until)));
      while (sockets() > socketsBefore) await setImmediate(); // what was ended here ends there as well
    };
    const socketsBefore = sockets();
    await round(CONNECTIONS / 2);
    const heapBefore = collect();
    await round(CONNECTIONS);
    expect(sockets()).toBe(socketsBefore);
    expect(collect() - heapBefore).toBeLessThan(MOST_KEPT_BYTES);
    expect(faults).toEqual([]);
    expect(tally.met.size).toBe(WAYS.length * RUBBISH.length);
    const wanted = ['invalid_params', 'unauthorized', 'forbidden', 'not_found', 'version_mismatch'];
    expect([...tally.codes.keys()].filter((code) => code !== 'overloaded').toSorted()).toEqual(
      wanted.toSorted(),
    );
    const list = await ask(daemon.presence.url, ownerToken(home), { body: call('inbox/list') });
    expect(JSON.parse(list)).toMatchObject({ result: [] });
    expect(Object.hasOwn(Object.prototype, 'admin') || Object.hasOwn(Object.prototype, 'scopes')).toBe(false);
    rmSync(home.dataFolder, { recursive: true });
  },
  TIMEOUT_MS,
);
