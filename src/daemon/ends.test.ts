// Who is dropped whose right is gone, and who is found that is there no more or does not read.
import { chmodSync } from 'node:fs';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { text as textOf } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { SessionHandle } from '../host/index.ts';
import { manualClock } from '../testing/index.ts';
import { ask, LIST, OPEN, serve, type Served } from './serve.fixture.ts';
import { createToken } from './tokens.ts';

async function webSocket({ url }: Served, token: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/rpc`);
  await once(socket, 'open');
  socket.send(OPEN(token));
  await once(socket, 'message');
  return socket;
}

async function stream({ url }: Served, token: string, session: string): Promise<IncomingMessage> {
  const headers = { Authorization: `Bearer ${token}` };
  const asked = request(new URL(`/sessions/${session}/events`, url), { headers, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
}

const DROPPED = [4001, Buffer.from('unauthorized')];

it('drops everyone who came in by a file that is spoiled, and nobody else', async () => {
  const clock = manualClock();
  await using served = await serve({ clock });
  const { home, token, test, daemon } = served;
  const { id } = await test.session();
  const bot = createToken(home, { name: 'bot', scopes: ['observe'] }, 0);
  const [owners, bots] = [await webSocket(served, token), await webSocket(served, bot)];
  const events = await stream(served, bot, id);
  const local = connect(daemon.presence.socket);
  const lines = createInterface({ input: local })[Symbol.asyncIterator]();
  local.write(`${OPEN()}\n`);
  await lines.next();
  const dropped = once(bots, 'close');
  chmodSync(home.tokens, 0o644);
  await clock.advance(1000);
  expect(await dropped).toMatchObject(DROPPED);
  expect(await textOf(events)).toContain('event: ended\ndata: {"code":"unauthorized"');
  owners.send(LIST);
  expect(String((await once(owners, 'message'))[0])).toContain('"result":[]');
  const alsoDropped = once(owners, 'close');
  chmodSync(home.token, 0o644);
  await clock.advance(1000);
  expect(await alsoDropped).toMatchObject(DROPPED);
  local.write(`${LIST}\n`); // who may open the socket needs no token
  expect((await lines.next()).value).toContain('"result":[]');
  local.destroy();
});

it('ends a stream of events when its token expires, and not before', async () => {
  const clock = manualClock();
  await using served = await serve({ clock });
  const { id } = await served.test.session();
  const expiresAt = clock.now() + 5000;
  const bot = createToken(served.home, { name: 'bot', scopes: ['observe'], expiresAt }, clock.now());
  const events = await stream(served, bot, id);
  const text = textOf(events);
  await clock.advance(4000);
  expect((await ask(served.url, asBot(bot, id))).status).toBe(400);
  await clock.advance(1000);
  expect(await text).toMatch(
    /event: ended\ndata: {"code":"unauthorized","message":"the token bot has expired/,
  );
});

/** Refused behind the token. */
const asBot = (token: string, session: string) => ({
  path: `/sessions/${session}/events?after=x`,
  headers: { Authorization: `Bearer ${token}` },
});

/** More than the buffers of a socket and of a stream together. */
async function flood(session: SessionHandle): Promise<void> {
  for (let n = 0; n < 120; n++) await session.addContext('x'.repeat(100_000));
}

it('ends a stream of events whose reader is there and does not read, and gives its place to others', async () => {
  const clock = manualClock();
  await using served = await serve({ clock, limits: { tokenConnections: 1 } });
  const session = await served.test.session();
  const bot = createToken(served.home, { name: 'bot', scopes: ['observe'] }, 0);
  const unread = await stream(served, bot, session.id);
  const another = async (): Promise<number> => {
    const response = await stream(served, bot, session.id);
    response.destroy();
    return response.statusCode ?? 0;
  };
  expect(await another()).toBe(503);
  await flood(session);
  let beats = 0;
  while ((await another()) === 503) {
    await clock.advance(15_000);
    beats++;
  }
  // Three that find no room; those before were taken by buffers that were not full yet.
  expect(beats).toBeGreaterThanOrEqual(3);
  unread.destroy();
});

it('drops a plain local client that does not read, though it promised nothing', async () => {
  const clock = manualClock();
  await using served = await serve({ clock });
  const session = await served.test.session();
  const local = connect(served.daemon.presence.socket);
  const lines = createInterface({ input: local });
  local.write(`${OPEN()}\n`);
  await once(lines, 'line');
  const params = { session: session.id };
  local.write(`${JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'session/follow', params })}\n`);
  await once(lines, 'line');
  lines.pause();
  local.pause();
  await flood(session);
  await clock.advance(60_000);
  await clock.advance(1000); // the time in which what was sent last may still be taken
  const closed = once(local, 'close');
  let text = '';
  local.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  local.resume();
  await closed;
  expect(text.length).toBeLessThan(12_000_000);
});
