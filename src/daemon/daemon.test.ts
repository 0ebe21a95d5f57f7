import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import { homeAt } from '../config/index.ts';
import { manualClock } from '../testing/index.ts';
import { readPresence } from './presence.ts';
import { ask, LIST, OPEN, serve } from './serve.fixture.ts';
import { createToken, revokeToken } from './tokens.ts';

/** How a WebSocket ends that is opened with these headers, or `open`. */
async function upgrade(url: string, headers: Record<string, string>): Promise<number | 'open'> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/rpc`, 'carrel.v1', { headers });
  const ended = deferred<number | 'open'>();
  socket.on('open', () => ended.resolve('open'));
  socket.on('unexpected-response', (_request, response) => ended.resolve(response.statusCode ?? 0));
  socket.on('error', () => undefined);
  const outcome = await ended.promise;
  socket.terminate();
  return outcome;
}

it('says where it is, lets the owner in by every door, and leaves nothing behind', async () => {
  const served = await serve();
  const { home, daemon, token } = served;
  expect(readPresence(home.daemon, process.pid)).toEqual(daemon.presence);
  expect(readPresence(home.daemon, process.pid + 1)).toBeUndefined();
  for (const file of [home.daemon, home.token, home.socket]) expect(statSync(file).mode & 0o777).toBe(0o600);
  const local = connect(home.socket);
  const lines = createInterface({ input: local })[Symbol.asyncIterator]();
  local.write(`${OPEN()}\n${LIST}`);
  expect((await lines.next()).value).toContain('"name":"owner"');
  local.write('\n');
  expect((await lines.next()).value).toContain('"result":[]');
  const web = new WebSocket(`${served.url.replace('http', 'ws')}/rpc`);
  await once(web, 'open');
  web.send(OPEN(token));
  expect(String((await once(web, 'message'))[0])).toContain('"name":"owner"');
  const left = [once(web, 'close'), once(local, 'close')];
  await served[Symbol.asyncDispose]();
  expect(await left[0]).toMatchObject([1001, Buffer.from('host_unavailable')]);
  await left[1];
  expect(String((await lines.next()).value)).toContain('the daemon is stopping');
  expect([home.daemon, home.socket].map((file) => existsSync(file))).toEqual([false, false]);
});

const HEADERS: readonly (readonly [string, (port: string) => Record<string, string>, boolean])[] = [
  ['its own name', (port) => ({ Host: `127.0.0.1:${port}` }), true],
  ['localhost', (port) => ({ Host: `LocalHost:${port}` }), true],
  ['a page of its own', (port) => ({ Host: `localhost:${port}`, Origin: `http://localhost:${port}` }), true],
  ['a name that points here', (port) => ({ Host: `evil.example:${port}` }), false],
  ['a name that looks like ours', () => ({ Host: 'localhost.evil.example' }), false],
  ['a page of another site', () => ({ Origin: 'https://evil.example' }), false],
  ['a page of another port', (port) => ({ Host: `localhost:${port}`, Origin: 'http://localhost:1' }), false],
  ['a page of no site', () => ({ Origin: 'null' }), false],
];

it.each(HEADERS)('judges %s alike on every way in', async (_name, headersFor, fine) => {
  await using served = await serve();
  const { url, token, test } = served;
  const session = await test.session();
  const headers = { ...headersFor(new URL(url).port), Authorization: `Bearer ${token}` };
  // What is refused behind the headers shows that they were let through.
  const asked = [
    [200, { path: '/rpc', method: 'POST', body: LIST }],
    [200, { path: '/health/live' }],
    [200, { path: '/health/ready' }],
    [200, { path: '/metrics' }],
    [400, { path: '/ui', method: 'POST', body: LIST }],
    [204, { path: `/ui/${session.id}/stream` }],
    [400, { path: `/sessions/${session.id}/events?after=x` }],
    [400, { path: `/sessions/${session.id}/subtree/events?after=x` }],
    [400, { path: '/sessions/events?after=x' }],
    [404, { path: '/none' }],
  ] as const;
  for (const [wanted, one] of asked) {
    const { status } = await ask(url, { ...one, headers });
    expect([one.path, status]).toEqual([one.path, fine ? wanted : 403]);
  }
  expect(await upgrade(url, headers)).toBe(fine ? 'open' : 403);
});

it('streams events with places to come back to, and tells again what is behind them', async () => {
  await using served = await serve();
  const { url, token, test } = served;
  const session = await test.session();
  await session.send('hi');
  await session.settled();
  const headers = { Authorization: `Bearer ${token}` };
  const ids = async (extra: Record<string, string>, last: number): Promise<number[]> => {
    const response = await fetch(`${url}/sessions/${session.id}/events`, {
      headers: { ...headers, ...extra },
    });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes(`id: ${String(last)}\n`)) break;
    }
    return [...text.matchAll(/^id: (\d+)$/gm)].map(([, seq]) => Number(seq));
  };
  const { seq } = await session.cursor();
  expect(await ids({}, seq)).toEqual(Array.from({ length: seq }, (_, index) => index + 1));
  const { hash } = await session.cursor(3);
  expect(await ids({ 'Last-Event-ID': `3-${hash}` }, seq)).toEqual(
    Array.from({ length: seq - 3 }, (_, index) => index + 4),
  );
  for (const [place, status] of [
    ['3-0000000000000000', 410],
    [String(seq + 1), 410],
    ['-1', 400],
  ] as const) {
    const refused = await ask(url, {
      path: `/sessions/${session.id}/events`,
      headers: { ...headers, 'Last-Event-ID': place },
    });
    expect([place, refused.status]).toEqual([place, status]);
  }
  const none = await ask(url, { path: '/sessions/ses_none/events', headers });
  expect([none.status, JSON.parse(none.body)]).toMatchObject([404, { error: { code: 'not_found' } }]);
});

it('drops whoever uses a token that is revoked, and a stream too', async () => {
  await using served = await serve();
  const { home, url, test } = served;
  const { id } = await test.session();
  const token = createToken(home, { name: 'bot', scopes: ['observe'] }, 0);
  const web = new WebSocket(`${url.replace('http', 'ws')}/rpc`);
  await once(web, 'open');
  web.send(OPEN(token));
  expect(String((await once(web, 'message'))[0])).toContain('"name":"bot"');
  const stream = await fetch(`${url}/sessions/${id}/events`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  const closed = once(web, 'close');
  revokeToken(home, 'bot');
  expect(await closed).toMatchObject([4001, Buffer.from('unauthorized')]);
  expect(await stream.text()).toContain('event: ended\ndata: {"code":"unauthorized"');
});

it('refuses messages that are too large, by what is known of the sender', async () => {
  await using served = await serve();
  const { url, token, home } = served;
  const web = new WebSocket(`${url.replace('http', 'ws')}/rpc`);
  await once(web, 'open');
  web.send('x'.repeat(1024 * 1024 + 1));
  expect(await once(web, 'close')).toMatchObject([4003, Buffer.from('invalid_params')]);
  const known = new WebSocket(`${url.replace('http', 'ws')}/rpc`);
  await once(known, 'open');
  known.send(OPEN(token));
  await once(known, 'message');
  known.send('x'.repeat(16 * 1024 * 1024 + 1));
  expect((await once(known, 'close'))[0]).toBe(1009);
  const local = connect(home.socket).on('error', () => undefined);
  const lines = createInterface({ input: local });
  local.write('x'.repeat(1024 * 1024 + 1));
  expect(String(await once(lines, 'line'))).toContain('a line has more than 1048576 bytes');
  const body = 'x'.repeat(16 * 1024 * 1024 + 1);
  const headers = { Authorization: `Bearer ${token}` };
  const posted = await fetch(`${url}/rpc`, { method: 'POST', headers, body });
  expect([posted.status, await posted.text()]).toMatchObject([400, /16777216 bytes/]);
});

it('refuses files that others can read, addresses that others can reach, and ports that are taken', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-daemon-'));
  const home = homeAt(folder);
  writeFileSync(home.token, `${'a'.repeat(43)}\n`);
  chmodSync(home.token, 0o644);
  await expect(serve({ home })).rejects.toMatchObject({ code: 'forbidden' });
  rmSync(folder, { recursive: true });
  await expect(serve({ address: '0.0.0.0' })).rejects.toMatchObject({ code: 'invalid_params' });
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await expect(serve({ port })).rejects.toMatchObject({ code: 'conflict', data: { port } });
  taken.close();
});

it('finds a WebSocket whose other side is gone', async () => {
  const clock = manualClock();
  await using served = await serve({ clock });
  const open = async (autoPong: boolean): Promise<WebSocket> => {
    const socket = new WebSocket(`${served.url.replace('http', 'ws')}/rpc`, { autoPong });
    await once(socket, 'open');
    socket.send(OPEN(served.token));
    await once(socket, 'message');
    return socket;
  };
  const [gone, there] = [await open(false), await open(true)];
  const closed = once(gone, 'close');
  for (let i = 0; i < 3; i++) {
    await clock.advance(15_000);
    there.send(JSON.stringify({ jsonrpc: '2.0', id: i, method: 'connection/ping' }));
    await once(there, 'message');
  }
  expect((await closed)[0]).toBe(1006);
  expect(there.readyState).toBe(WebSocket.OPEN);
});

it('goes on when a client vanishes in the middle of a message or of an upgrade', async () => {
  await using served = await serve();
  const { url, token, home } = served;
  const { port } = new URL(url);
  for (const said of [
    'GET /rpc HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    `POST /rpc HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Length: 99\r\n\r\n{`,
    '\0\x16\x03\x01 not http\r\n\r\n',
  ]) {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
    socket.write(said);
    await once(socket, 'ready');
    socket.resetAndDestroy();
  }
  connect(home.socket).end('{"jsonrpc":');
  const headers = { Authorization: `Bearer ${token}` };
  expect((await ask(url, { path: '/rpc', method: 'POST', headers, body: LIST })).status).toBe(200);
});
