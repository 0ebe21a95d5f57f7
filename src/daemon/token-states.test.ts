// Every state of a token on every way in.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { checkAudit } from './audit-check.ts';
import { HURRIED, serve } from './serve.fixture.ts';
import { createToken, revokeToken, rotateToken } from './tokens.ts';

interface Way {
  readonly url: string;
  readonly socket: string;
  readonly session: string;
  readonly token: string | undefined;
}

const request = (id: number, method: string, params: object): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });
const get = ({ session }: Way): string => request(2, 'session/get', { session });
const open = ({ token }: Way): string => request(1, 'connection/open', { protocol: 1, token });
const bearer = ({ token }: Way): Record<string, string> =>
  token === undefined ? {} : { Authorization: `Bearer ${token}` };

/** `ok`, or the code of the first refusal. */
function outcome(answers: readonly unknown[]): string {
  for (const text of answers) {
    const { error } = JSON.parse(String(text)) as { error?: { data?: { code: string }; code: string } };
    if (error !== undefined) return error.data?.code ?? error.code;
  }
  return 'ok';
}

const WAYS: Readonly<Record<string, (way: Way) => Promise<string>>> = {
  async socket(way) {
    const socket = connect(way.socket);
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    socket.write(`${open(way)}\n`);
    const first: unknown = (await lines.next()).value;
    if (outcome([first]) !== 'ok') return outcome([first]);
    socket.write(`${get(way)}\n`);
    const second: unknown = (await lines.next()).value;
    socket.destroy();
    return outcome([second]);
  },
  async webSocket(way) {
    const socket = new WebSocket(`${way.url.replace('http', 'ws')}/rpc`);
    await once(socket, 'open');
    const answers: unknown[] = [];
    for (const text of [open(way), get(way)]) {
      if (outcome(answers) !== 'ok') break;
      socket.send(text);
      answers.push((await once(socket, 'message'))[0]);
    }
    socket.terminate();
    return outcome(answers);
  },
  async post(way) {
    const response = await fetch(`${way.url}/rpc`, { method: 'POST', headers: bearer(way), body: get(way) });
    return outcome([await response.text()]);
  },
  async stream(way) {
    const response = await fetch(`${way.url}/sessions/${way.session}/events`, { headers: bearer(way) });
    if (!response.ok) return outcome([await response.text()]);
    await response.body?.cancel();
    return 'ok';
  },
};

/** What each way says; the socket alone knows its owner without a token. */
const STATES: Readonly<Record<string, { readonly all: string; readonly socket?: string }>> = {
  none: { all: 'unauthorized', socket: 'ok' },
  wrong: { all: 'unauthorized' },
  expired: { all: 'unauthorized' },
  revoked: { all: 'unauthorized' },
  'rotated, after its grace': { all: 'unauthorized' },
  'of another session': { all: 'forbidden' },
  'rotated, in its grace': { all: 'ok' },
  'its successor': { all: 'ok' },
  'of this session': { all: 'ok' },
  owner: { all: 'ok' },
};

it('judges every state of a token alike on every way in, and writes down every refusal', async () => {
  await using served = await serve({ clock: HURRIED });
  const { home, url, token, test } = served;
  const [mine, other] = [(await test.session()).id, (await test.session()).id];
  const make = (name: string, extra: object = {}): string =>
    createToken(home, { name, scopes: ['observe'], ...extra }, 0);
  const [graced, late] = [make('graced'), make('late')];
  const successor = rotateToken(home, { name: 'graced', graceMs: 60_000 }, Date.now());
  rotateToken(home, { name: 'late', graceMs: 1 }, 0);
  const revoked = make('gone');
  revokeToken(home, 'gone');
  const tokens: Record<string, string | undefined> = {
    none: undefined,
    wrong: `${token}x`,
    expired: make('old', { expiresAt: 1 }),
    revoked,
    'rotated, after its grace': late,
    'of another session': make('elsewhere', { sessions: [other] }),
    'rotated, in its grace': graced,
    'its successor': successor,
    'of this session': make('here', { sessions: [mine] }),
    owner: token,
  };
  let cells = 0;
  let refusals = 0;
  for (const [state, { all, socket: onSocket = all }] of Object.entries(STATES))
    for (const [name, way] of Object.entries(WAYS)) {
      const { socket } = served.daemon.presence;
      const said = await way({ url, socket, session: mine, token: tokens[state] });
      expect([state, name, said]).toEqual([state, name, name === 'socket' ? onSocket : all]);
      cells++;
      if (said !== 'ok') refusals++;
    }
  expect([cells, Object.keys(tokens)]).toEqual([40, Object.keys(STATES)]);
  await served.daemon[Symbol.asyncDispose]();
  const check = await checkAudit(home.audit);
  expect([check.lines, check.broken]).toEqual([refusals, []]);
  const log = readFileSync(home.audit, 'utf8');
  for (const secret of Object.values(tokens)) if (secret !== undefined) expect(log).not.toContain(secret);
});

it('drops who came in by a token that was rotated, when its grace ends', async () => {
  await using served = await serve();
  const { home, url, test } = served;
  const { id } = await test.session();
  const bot = createToken(home, { name: 'bot', scopes: ['observe'] }, 0);
  const socket = new WebSocket(`${url.replace('http', 'ws')}/rpc`);
  await once(socket, 'open');
  socket.send(open({ url, socket: '', session: id, token: bot }));
  await once(socket, 'message');
  const stream = await fetch(`${url}/sessions/${id}/events`, { headers: { Authorization: `Bearer ${bot}` } });
  const closed = once(socket, 'close');
  rotateToken(home, { name: 'bot', graceMs: 300 }, Date.now());
  expect(await closed).toMatchObject([4001, Buffer.from('unauthorized')]);
  expect(await stream.text()).toContain('"code":"unauthorized"');
});
