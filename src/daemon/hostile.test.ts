// What somebody would try who means it, each once shown to work.
import { chmodSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { deferred } from '../base/index.ts';
import { manualClock } from '../testing/index.ts';
import { handWire, openInside, ownerWire, type Inside } from './fixtures.ts';
import { httpApp } from './http.ts';
import { ask, HURRIED, LIST, OPEN, serve } from './serve.fixture.ts';
import { createToken, ownerToken } from './tokens.ts';

const body = (id: number, method: string, params: object = {}): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

it('tells a stranger nothing of files that are spoiled, and is no faster for it', async () => {
  await using served = await serve({ clock: HURRIED });
  const { home, url, token } = served;
  createToken(home, { name: 'bot', scopes: ['observe'] }, 0);
  chmodSync(home.tokens, 0o644);
  const asked = { path: '/rpc', method: 'POST', body: LIST };
  const refused = await ask(url, { ...asked, headers: { Authorization: 'Bearer guess' } });
  expect(refused.status).toBe(401);
  expect(refused.body).not.toContain(home.dataFolder);
  expect((await ask(url, { ...asked, headers: { Authorization: `Bearer ${token}` } })).status).toBe(200);
});

it.each(['Host: evil.example', 'Host: localhost\r\nX-Path: /other'])(
  'lets no upgrade that it refuses hold a socket: %s',
  async (head) => {
    const served = await serve();
    const path = head.includes('/other') ? '/other' : '/rpc';
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13';
    const port = Number(new URL(served.url).port);
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);
    socket.write(
      `GET ${path} HTTP/1.1\r\n${head}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n\r\n`,
    );
    socket.resume();
    await once(socket, 'end');
    expect(socket.destroyed).toBe(false);
    await served[Symbol.asyncDispose](); // it would wait for a socket that is still there
    socket.destroy();
  },
);

it('answers no pings of one who does not read', async () => {
  await using served = await serve();
  const socket = new WebSocket(`${served.url.replace('http', 'ws')}/rpc`);
  await once(socket, 'open');
  socket.send(OPEN(served.token));
  await once(socket, 'message');
  socket.pause();
  const [pings, size] = [120_000, 125];
  const data = Buffer.alloc(size);
  for (let n = 0; n < pings; n++) {
    socket.ping(data);
    if (n % 5000 === 0 && socket.bufferedAmount > 0)
      await new Promise((sent) => socket.ping(data, true, sent));
  }
  await new Promise((sent) => socket.ping(data, true, sent));
  let pongs = 0;
  socket.on('pong', () => pongs++);
  const answered = deferred<void>();
  socket.on('message', () => answered.resolve());
  socket.resume();
  socket.send(LIST);
  await answered.promise;
  expect(pongs).toBeLessThan(pings);
  socket.terminate();
});

it('refuses a message of too many values before it is made, however it looks, and takes long texts', async () => {
  await using inside = await openInside();
  const { id: session } = await inside.test.session();
  const wire = await ownerWire(inside.shared);
  for (const [text, why] of [
    [`{"jsonrpc":"2.0","id":1,"params":{"a":[${'[],'.repeat(40_000)}[]]}}`, 'more than 10000 values'],
    [`{"a":"\\"","b":[${'0,'.repeat(40_000)}0]}`, 'more than 10000 values'],
  ] as const) {
    const before = wire.sent.length;
    wire.receiver.receive(text);
    expect(wire.sent[before]?.error?.message).toContain(why);
  }
  const text = '",[{\\'.repeat(40_000);
  const by = { kind: 'user' } as const;
  expect(await wire.call('context/add', { session, text, role: 'note', source: by })).not.toMatchObject({
    error: { message: expect.stringContaining('values') as string },
  });
});

/** A host whose inbox is answered when the gate opens, or fails. */
function slow({ shared }: Inside, gate: Promise<never[]>): Inside['shared'] {
  const host = new Proxy(shared.host, {
    get(target, name) {
      if (name === 'inbox') return () => gate;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  return { ...shared, host };
}

it('shows life of a call that takes long, and then its answer', async () => {
  await using inside = await openInside();
  const gate = deferred<never[]>();
  const shared = slow(inside, gate.promise);
  const wire = await ownerWire(shared);
  const answer = wire.call('inbox/list');
  const headers = { host: 'localhost', authorization: `Bearer ${ownerToken(inside.home)}` };
  const posted = httpApp(shared).request('/rpc', { method: 'POST', headers, body: LIST });
  await wire.call('connection/ping');
  const alive = (): number => wire.sent.filter(({ method }) => method === 'call/alive').length;
  for (let second = 0; second < 4; second++) await inside.test.clock.advance(1000);
  const response = await posted;
  const text = response.text();
  for (let second = 4; second < 16; second++) await inside.test.clock.advance(1000);
  expect(alive()).toBe(4);
  expect(wire.sent.find(({ method }) => method === 'call/alive')?.params).toEqual({ calls: [2] });
  gate.resolve([]);
  expect(await answer).toMatchObject({ result: [] });
  const said = await text;
  expect([response.status, said.length - said.trimStart().length]).toEqual([200, 4]);
  expect(JSON.parse(said)).toMatchObject({ id: 1, result: [] });
  for (let second = 0; second < 16; second++) await inside.test.clock.advance(1000);
  expect(alive()).toBe(4);
});

it('answers what ends something while as many calls hang as may', async () => {
  await using inside = await openInside();
  const gate = deferred<never[]>();
  const wire = await ownerWire(slow(inside, gate.promise));
  const hanging = Array.from({ length: 100 }, () => wire.call('inbox/list'));
  expect(await wire.call('connection/ping')).toMatchObject({ result: {} });
  const { id: session } = await inside.test.session();
  const cancel = await wire.call('turn/cancel', { session, by: { kind: 'user' } });
  expect(cancel.error?.data?.code).toBe('conflict');
  gate.resolve([]);
  expect((await Promise.all(hanging)).filter(({ error }) => error !== undefined)).toHaveLength(36);
});

it('keeps what a bug says of itself to the log', async () => {
  await using inside = await openInside();
  const gate = deferred<never[]>();
  const shared = slow(inside, gate.promise);
  const wire = await ownerWire(shared);
  const answer = wire.call('inbox/list');
  const headers = { host: 'localhost', authorization: `Bearer ${ownerToken(inside.home)}` };
  const posted = httpApp(shared).request('/rpc', { method: 'POST', headers, body: LIST });
  await wire.call('connection/ping');
  gate.reject(new TypeError('cannot read /home/someone/.secret'));
  expect(JSON.stringify([await answer, await (await posted).json()])).not.toContain('secret');
  expect(inside.faults).toHaveLength(2);
});

it('finds a silent client that promised to say something, and keeps one that does', async () => {
  await using inside = await openInside();
  const [silent, beating, quiet] = [
    handWire(inside.shared),
    handWire(inside.shared),
    handWire(inside.shared),
  ];
  const token = ownerToken(inside.home);
  for (const wire of [silent, beating])
    await wire.call('connection/open', { protocol: 1, token, beats: true });
  await quiet.call('connection/open', { protocol: 1, token });
  for (let beat = 0; beat < 3; beat++) {
    await inside.test.clock.advance(15_000);
    await beating.call('connection/ping');
  }
  expect([silent.closed, beating.closed, quiet.closed]).toEqual(['timeout', undefined, undefined]);
});

it('finds a local socket whose other side hangs', async () => {
  const clock = manualClock();
  await using served = await serve({ clock });
  const socket = connect(served.daemon.presence.socket);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  socket.write(`${body(1, 'connection/open', { protocol: 1, beats: true })}\n`);
  await lines.next();
  const closed = once(socket, 'close');
  await clock.advance(45_000);
  expect(String((await lines.next()).value)).toContain('nothing was heard for 45 s');
  await closed;
});

it('says in its handshake what it can do', async () => {
  await using inside = await openInside();
  const wire = handWire(inside.shared);
  const opened = await wire.call('connection/open', { protocol: 1, token: ownerToken(inside.home) });
  const { capabilities } = opened.result as { capabilities: { methods: string[]; limits: object } };
  expect(capabilities.methods).toEqual(expect.arrayContaining(['session/create', 'session/follow']));
  expect(capabilities).toMatchObject({ features: ['call/alive', 'beats'], limits: { requests: 64 } });
});

it('holds a token to its rate on every way, says when, and lets it end things', async () => {
  await using inside = await openInside();
  const { shared, home, tokens, test } = inside;
  const token = createToken(home, { name: 'bot', scopes: ['observe', 'prompt'] }, test.clock.now());
  tokens.refresh();
  const wire = handWire(shared);
  await wire.call('connection/open', { protocol: 1, token });
  const { id: session } = await test.session();
  for (let n = 0; n < 20; n++)
    await Promise.all(Array.from({ length: 50 }, () => wire.call('session/get', { session })));
  const refused = await wire.call('session/get', { session });
  expect(refused.error?.data).toMatchObject({ code: 'overloaded', retryAfterMs: 10 });
  const headers = { host: 'localhost', authorization: `Bearer ${token}` };
  const posted = await httpApp(shared).request('/rpc', { method: 'POST', headers, body: LIST });
  expect([posted.status, posted.headers.get('retry-after')]).toEqual([503, '1']);
  const stream = await httpApp(shared).request(`/sessions/${session}/events`, { headers });
  expect([stream.status, stream.headers.get('retry-after')]).toEqual([503, '1']);
  const cancel = await wire.call('turn/cancel', { session, by: { kind: 'user' } });
  expect(cancel.error?.data?.code).toBe('conflict');
  await test.clock.advance(10);
  expect(await wire.call('session/get', { session })).toHaveProperty('result');
});

it('joins what is asked twice at once, on whatever way, and keeps no trace of what it refused', async () => {
  await using served = await serve();
  const { url, token, test, home } = served;
  const { id: session } = await test.session();
  const send = (id: string, text: string): object => ({
    session,
    id,
    text,
    source: { kind: 'program' },
    delivery: 'queue',
  });
  const post = async (params: object): Promise<{ result?: object; error?: { data: { code: string } } }> => {
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await ask(url, {
      path: '/rpc',
      method: 'POST',
      headers,
      body: body(1, 'input/send', params),
    });
    return JSON.parse(answer.body) as object;
  };
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(send('cmd_1', 'hi'))));
  expect(new Set(answers.map(({ result }) => JSON.stringify(result))).size).toBe(1);
  expect((await post(send('cmd_1', 'other'))).error?.data.code).toBe('conflict');
  expect((await post({ ...send('cmd_2', 'hi'), delivery: 'never' })).error?.data.code).toBe('invalid_params');
  expect(await post(send('cmd_2', 'again'))).toHaveProperty('result');
  const bot = createToken(home, { name: 'bot', scopes: ['prompt'] }, 0);
  const ofBot = await ask(url, {
    path: '/rpc',
    method: 'POST',
    headers: { Authorization: `Bearer ${bot}` },
    body: body(1, 'input/send', send('cmd_1', 'mine')),
  });
  expect(JSON.parse(ofBot.body)).toHaveProperty('result');
  const handle = await test.host.session(session);
  await handle.settled();
  const events = await handle.events({ after: 0, limit: 1000 });
  expect(events.filter(({ type }) => type === 'input.accepted')).toHaveLength(3);
});
