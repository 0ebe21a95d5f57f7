// The daemon as people start it, reached by what others made: fetch, WebSocket, a reader of event streams.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSqliteStore } from '../../src/store/index.ts';
import { Desk, saying, type Started } from './cli.ts';

interface Address {
  readonly pid: number;
  readonly url: string;
  readonly socket: string;
  readonly ready: boolean;
}

const status = (desk: Desk): Promise<Address> => desk.json<Address>(['daemon', 'status']);

async function serving(desk: Desk, ...flags: readonly string[]): Promise<Started> {
  const daemon = desk.start(['daemon', 'run', ...flags]);
  await saying(daemon.child.stderr, 'serving at');
  return daemon;
}

function ownerToken(desk: Desk): string {
  return readFileSync(join(desk.home, 'token'), 'utf8').trim();
}

async function call<T>(desk: Desk, { url }: Address, request: readonly [string, object]): Promise<T> {
  const [method, params] = request;
  const response = await fetch(`${url}/rpc`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${ownerToken(desk)}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result?: T; error?: { message: string } };
  if (result === undefined) throw new Error(error?.message);
  return result;
}

const create = (desk: Desk): readonly [string, object] => [
  'session/create',
  { folder: desk.folder, name: 'desk', change: { model: 'offline/practice' } },
];

const send = (session: string): readonly [string, object] => [
  'input/send',
  { session, text: 'list', source: { kind: 'program' }, delivery: 'queue' },
];

/** The ids of a stream of events, up to the end of a turn. */
async function eventIds(
  desk: Desk,
  { url }: Address,
  from: { session: string; id?: string },
): Promise<number[]> {
  const headers = {
    Authorization: `Bearer ${ownerToken(desk)}`,
    ...(from.id === undefined ? {} : { 'Last-Event-ID': from.id }),
  };
  const response = await fetch(`${url}/sessions/${from.session}/events`, { headers });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (/"type":"turn\.finished".*\n\n/.test(text)) break;
  }
  return [...text.matchAll(/^id: (\d+)$/gm)].map(([, seq]) => Number(seq));
}

it('drives a session over HTTP and WebSocket, and over a restart without a gap', async () => {
  using desk = new Desk();
  const first = await serving(desk);
  const before = await status(desk);
  expect(before).toMatchObject({ pid: first.child.pid, ready: true });
  const { session } = await call<{ session: string }>(desk, before, create(desk));
  const socket = new WebSocket(`${before.url.replace('http', 'ws')}/rpc`, 'carrel.v1');
  await once(socket, 'open');
  const finished = new Promise<void>((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      if (String(data).includes('turn.finished')) resolve();
    });
  });
  const say = (id: number, method: string, params: object): void =>
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  say(1, 'connection/open', { protocol: 1, token: ownerToken(desk) });
  await once(socket, 'message');
  say(2, 'session/follow', { session });
  await call(desk, before, send(session));
  await finished;
  const seen = await eventIds(desk, before, { session });
  expect(seen).toEqual(seen.map((_, index) => index + 1));
  const closed = once(socket, 'close');
  first.child.kill('SIGTERM');
  await closed;
  const end = await first.ended;
  expect(end.code).toBe('SIGTERM');
  expect(end.stderr).not.toContain('carrel:');
  expect(existsSync(join(desk.home, 'daemon.json'))).toBe(false);
  await serving(desk);
  const after = await status(desk);
  await call(desk, after, send(session));
  const last = seen.at(-1) ?? 0;
  const more = await eventIds(desk, after, { session, id: String(last) });
  expect(more.length).toBeGreaterThan(3);
  expect(more).toEqual(more.map((_, index) => last + 1 + index));
  const { stderr, code } = await desk.run(['send', 'desk', 'list', '--local']);
  expect([code, stderr]).toEqual([1, expect.stringContaining(after.url) as string]);
});

it('starts detached, once; does not believe what a dead one left; explains a port that is taken', async () => {
  using desk = new Desk();
  expect(await desk.run(['daemon', 'status', '--json'])).toMatchObject({
    code: 1,
    stdout: '{\n  "ready": false\n}\n',
  });
  const site = 'http://localhost:3000';
  const started = await desk.json<Address>(['daemon', 'start', '--origin', site]);
  try {
    expect(started.ready).toBe(true);
    const asked = ({ url }: Address, origin: string) => fetch(`${url}/health`, { headers: { origin } });
    expect((await asked(started, site)).headers.get('access-control-allow-origin')).toBe(site);
    expect((await asked(started, 'http://other.test')).headers.has('access-control-allow-origin')).toBe(
      false,
    );
    expect((await desk.json<Address>(['daemon', 'start'])).pid).toBe(started.pid);
    process.kill(started.pid, 'SIGKILL');
    const left = readFileSync(join(desk.home, 'daemon.json'), 'utf8');
    const again = await desk.json<Address>(['daemon', 'start']);
    expect(again.pid).not.toBe(started.pid);
    expect(await desk.json<object>(['daemon', 'stop'])).toEqual({ stopped: again.pid });
    writeFileSync(join(desk.home, 'daemon.json'), left);
    expect(await desk.json<object>(['daemon', 'stop'])).toEqual({ stopped: null });
    using other = new Desk();
    await serving(other);
    const { port } = new URL((await status(other)).url);
    const { code, stderr } = await desk.run(['daemon', 'start', '--port', port]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`port ${port} of 127.0.0.1 is in use`) as string,
    ]);
  } finally {
    await desk.run(['daemon', 'stop']);
  }
});

it('makes, lists and takes back tokens', async () => {
  using desk = new Desk();
  const { token } = await desk.json<{ token: string }>(['token', 'create', 'bot', '--expires', '1h']);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(await desk.json<object>(['token', 'list'])).toMatchObject([{ name: 'bot', scopes: ['observe'] }]);
  expect(readFileSync(join(desk.home, 'tokens.json'), 'utf8')).not.toContain(token);
  expect((await desk.run(['token', 'create', 'bot'])).stderr).toContain('already_exists');
  expect((await desk.run(['token', 'create', 'x', '--scope', 'all'])).code).toBe(2);
  expect(await desk.json<object>(['token', 'revoke', 'bot'])).toEqual({ revoked: 'bot' });
  expect(await desk.json<object>(['token', 'list'])).toEqual([]);
});

it('does not start in a home that another process works in, and says which', async () => {
  using desk = new Desk();
  await using _ = await openSqliteStore({ home: desk.home });
  const { code, stderr } = await desk.run(['daemon', 'start']);
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(`home_in_use: the daemon did not start: .*${process.pid}`) as string,
  ]);
  const none = await desk.run(['daemon', 'status']);
  expect(none.stdout).toContain(`process ${process.pid} works there by itself`);
});

it('rotates tokens: a named one with a grace, one’s own at once', async () => {
  using desk = new Desk();
  const { token } = await desk.json<{ token: string }>(['token', 'create', 'bot']);
  const rotated = await desk.json<{ token: string; oldUntil: number }>([
    'token',
    'rotate',
    'bot',
    '--grace',
    '5m',
  ]);
  expect(rotated.token).not.toBe(token);
  expect(await desk.json<object>(['token', 'list'])).toMatchObject([{ oldUntil: rotated.oldUntil }]);
  expect(await desk.json<object>(['token', 'rotate', '--now'])).not.toHaveProperty('token');
  expect(ownerToken(desk)).toMatch(/^[\w-]{43}$/);
});
