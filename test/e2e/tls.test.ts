// A daemon that other machines reach: what its certificate says, and what its clients make of it.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import { codeOf, connectWebSocket } from '../../src/client/index.ts';
import { webSocketTrusting } from '../../src/client/node/index.ts';
import { homeAt } from '../../src/config/index.ts';
import { openDaemon, ownerToken, type Daemon, type DaemonOptions } from '../../src/daemon/index.ts';
import { openTestHost, type TestHost } from '../../src/testing/index.ts';

const DAY = 24 * 60 * 60_000;

interface Made {
  readonly cert: string;
  readonly files: { readonly certificate: string; readonly key: string };
}

let folder: string;
let test: TestHost;
let daemon: Daemon;
let local: Made;

async function make(name: string, names: readonly string[], until = Date.now() + DAY): Promise<Made> {
  const altNames = names.map((one) =>
    /^[\d.]+$/.test(one) ? { type: 7 as const, ip: one } : { type: 2 as const, value: one },
  );
  const pems = await generate([{ name: 'commonName', value: 'carrel' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 2 * DAY),
    notAfterDate: new Date(until),
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames },
    ],
  });
  const files = { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  writeFileSync(files.certificate, pems.cert);
  writeFileSync(files.key, pems.private, { mode: 0o600 });
  return { cert: pems.cert, files };
}

const open = (options: Partial<DaemonOptions>): Promise<Daemon> =>
  openDaemon({
    host: test.host,
    home: homeAt(join(folder, 'home')),
    version: '0.0.0',
    clock: systemClock,
    random: systemRandom,
    onFault: () => undefined,
    ...options,
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'carrel-tls-'));
  test = await openTestHost();
  local = await make('local', ['localhost', '127.0.0.1', 'desk.example', '*.lan.example']);
  daemon = await open({ address: '0.0.0.0', certificate: local.files });
});

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await test[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const token = (): string => ownerToken(homeAt(join(folder, 'home')));
const port = (): string => new URL(daemon.presence.url).port;

/** Whatever its `Host` says, it knows the daemon as `localhost`. */
async function ask(headers: Record<string, string>, path = '/rpc', posts = path === '/rpc'): Promise<number> {
  const asked = request(`https://127.0.0.1:${port()}${path}`, {
    method: posts ? 'POST' : 'GET',
    headers: { Authorization: `Bearer ${token()}`, ...headers },
    ca: local.cert,
    servername: 'localhost',
    agent: false,
  }).end(posts ? '{"jsonrpc":"2.0","id":1,"method":"inbox/list"}' : undefined);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  await textOf(response);
  return response.statusCode ?? 0;
}

async function upgrade(headers: Record<string, string>): Promise<number | 'open'> {
  const socket = new WebSocket(`wss://127.0.0.1:${port()}/rpc`, { rejectUnauthorized: false, headers });
  const { promise, resolve } = Promise.withResolvers<number | 'open'>();
  socket.on('open', () => resolve('open'));
  socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
  socket.on('error', () => undefined);
  return promise.finally(() => socket.terminate());
}

it('is told under a name that its certificate has', () => {
  expect(daemon.presence.url).toMatch(/^https:\/\/desk\.example:\d+$/);
});

it('lets clients in that trust its certificate, over wss and https', async () => {
  const webSocket = webSocketTrusting({ ca: local.cert });
  const client = await connectWebSocket({ url: `https://localhost:${port()}`, token: token(), webSocket });
  expect(await client.inbox()).toEqual([]);
  await client.close();
  expect(await ask({})).toBe(200);
});

it('is refused by clients that do not trust it, or know it by another name, with a code and at once', async () => {
  const other = await make('other', ['localhost']);
  const refusals = [
    { url: `wss://localhost:${port()}`, webSocket: webSocketTrusting({ ca: other.cert }) },
    { url: `wss://[::ffff:127.0.0.1]:${port()}`, webSocket: webSocketTrusting({ ca: local.cert }) },
    { url: `wss://localhost:${port()}`, webSocket: webSocketTrusting({ ca: [] }) },
  ].map((options) => connectWebSocket({ ...options, token: token() }).then(() => 'let in', codeOf));
  expect(await Promise.all(refusals)).toEqual(['forbidden', 'forbidden', 'forbidden']);
  // The platform's own tells nobody why.
  const plain = connectWebSocket({ url: `wss://localhost:${port()}`, token: token() });
  expect(await plain.then(() => 'let in', codeOf)).toBe('host_unavailable');
});

const HEADS: readonly (readonly [string, (port: string) => Record<string, string>, boolean])[] = [
  ['a name in it', (at) => ({ Host: `desk.example:${at}` }), true],
  ['one label below a wildcard', (at) => ({ Host: `a.lan.example:${at}` }), true],
  ['two labels below it', (at) => ({ Host: `a.b.lan.example:${at}` }), false],
  ['the wildcard itself', (at) => ({ Host: `lan.example:${at}` }), false],
  ['a loopback name that it has not', () => ({ Host: '[::1]' }), false],
  ['another name', () => ({ Host: 'evil.example' }), false],
  ['its own page', (at) => ({ Host: `desk.example:${at}`, Origin: `https://desk.example:${at}` }), true],
  [
    'the same page without TLS',
    (at) => ({ Host: `desk.example:${at}`, Origin: `http://desk.example:${at}` }),
    false,
  ],
  ['another page', (at) => ({ Host: `desk.example:${at}`, Origin: 'https://evil.example' }), false],
];

it.each(HEADS)('judges %s by its certificate on every way in', async (_name, heads, fine) => {
  const headers = heads(port());
  const { id } = await test.session();
  // What is refused behind the headers shows that they were let through.
  const asked = [
    [200, '/rpc', true],
    [200, '/health/live', false],
    [200, '/health/ready', false],
    [200, '/metrics', false],
    [400, '/ui', true],
    [204, `/ui/${id}/stream`, false],
    [400, `/sessions/${id}/events?after=x`, false],
    [400, `/sessions/${id}/subtree/events?after=x`, false],
    [400, '/sessions/events?after=x', false],
  ] as const;
  for (const [wanted, path, posts] of asked)
    expect([path, await ask(headers, path, posts)]).toEqual([path, fine ? wanted : 403]);
  expect(await upgrade(headers)).toBe(fine ? 'open' : 403);
});

it('speaks nothing but TLS on that port', async () => {
  await expect(fetch(`http://127.0.0.1:${port()}/health/live`)).rejects.toThrow('fetch failed');
});

it('refuses to start with what clients would refuse, or what lets its key out', async () => {
  const [other, ended, nameless] = [
    await make('second', ['localhost']),
    await make('ended', ['localhost'], Date.now() - DAY),
    await make('nameless', []),
  ];
  const open_ = await make('open', ['localhost']);
  chmodSync(open_.files.key, 0o644);
  const { certificate, key } = local.files;
  const home = homeAt(join(folder, 'second'));
  const starts: readonly (readonly [Partial<DaemonOptions>, string, string])[] = [
    [{ address: '0.0.0.0' }, 'invalid_params', 'certificate'],
    [{ address: '192.0.2.1' }, 'invalid_params', 'certificate'],
    [{ address: '::' }, 'invalid_params', 'certificate'],
    [{ certificate: { certificate, key: other.files.key } }, 'invalid_params', 'is not the key of'],
    [{ certificate: { certificate: key, key } }, 'invalid_params', 'local.key'],
    [{ certificate: { certificate, key: certificate } }, 'forbidden', 'chmod 600'],
    [{ certificate: { certificate: join(folder, 'none'), key } }, 'invalid_params', 'cannot be read'],
    [{ certificate: ended.files }, 'invalid_params', 'has ended'],
    [{ certificate: nameless.files }, 'invalid_params', 'names no host'],
    [{ certificate: open_.files }, 'forbidden', 'mode 644'],
  ];
  for (const [options, code, why] of starts) {
    const refused = await open({ ...options, home }).then(
      () => 'started',
      (error: unknown) => `${codeOf(error)} ${String(error)}`,
    );
    expect(refused).toMatch(new RegExp(`^${code}.*${why}`));
  }
});
