// How large a message is, and in which pieces it comes.
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { text as textOf } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { OPEN, serve, type Served } from './serve.fixture.ts';
import { createToken } from './tokens.ts';

const TEXT = 'é€😀';
const call = (method: string, params: object): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });

const note = (session: string, text: string): string =>
  call('context/add', { session, text, role: 'note', source: { kind: 'user' } });

async function noted({ test }: Served, session: string): Promise<string[]> {
  const events = await (await test.host.session(session)).events({ after: 0, limit: 100 });
  return events.flatMap((event) => (event.type === 'context.added' ? [event.data.text] : []));
}

it('takes a body and a line that come in single bytes, whatever these cut through', async () => {
  await using served = await serve();
  const { id } = await served.test.session();
  const posted = request(new URL('/rpc', served.url), {
    method: 'POST',
    headers: { Authorization: `Bearer ${served.token}` },
    agent: false,
  });
  posted.setNoDelay(true);
  const answered = once(posted, 'response') as Promise<[IncomingMessage]>;
  for (const byte of Buffer.from(note(id, TEXT)))
    await new Promise((written) => posted.write(Buffer.of(byte), written));
  posted.end();
  const [response] = await answered;
  expect([response.statusCode, await textOf(response)]).toMatchObject([200, /"result"/]);
  const socket = connect(served.daemon.presence.socket);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  for (const byte of Buffer.from(`${OPEN()}\n${note(id, `${TEXT}!`)}\n`))
    await new Promise((written) => socket.write(Buffer.of(byte), written));
  await lines.next();
  expect((await lines.next()).value).toContain('"result"');
  socket.destroy();
  expect(await noted(served, id)).toEqual([TEXT, `${TEXT}!`]);
});

it('keeps a body of many pieces in little more than its size', async () => {
  await using served = await serve();
  const [pieces, size] = [20_000, 40];
  const posted = request(new URL('/rpc', served.url), {
    method: 'POST',
    headers: { Authorization: `Bearer ${served.token}`, 'Transfer-Encoding': 'chunked' },
    agent: false,
  });
  const answered = once(posted, 'response') as Promise<[IncomingMessage]>;
  for (let n = 0; n < pieces; n++) if (!posted.write(' '.repeat(size))) await once(posted, 'drain');
  posted.end(call('inbox/list', {}));
  const [response] = await answered;
  expect(JSON.parse(await textOf(response))).toMatchObject({ result: [] });
});

it('counts bytes and not characters, of a line, of a body and of what is stored', async () => {
  await using served = await serve({ limits: { tokenStoredMbPerDay: 1 } });
  const { url, token, daemon, home, test } = served;
  const { id } = await test.session();
  const mib = 1024 * 1024;
  const wide = (bytes: number): string => '€'.repeat(Math.ceil(bytes / 3));
  const line = connect(daemon.presence.socket).on('error', () => undefined);
  const lines = createInterface({ input: line });
  line.write(`${wide(mib + 1)}\n`);
  expect(String(await once(lines, 'line'))).toContain('a line has more than 1048576 bytes');
  const post = async (body: string, by = token): Promise<string> => {
    const headers = { Authorization: `Bearer ${by}` };
    return await (await fetch(`${url}/rpc`, { method: 'POST', headers, body })).text();
  };
  expect(await post(wide(16 * mib + 1))).toContain('the body has more than 16777216 bytes');
  const bot = createToken(home, { name: 'bot', scopes: ['prompt'] }, 0);
  expect(JSON.parse(await post(note(id, wide(mib)), bot))).toMatchObject({
    error: { data: { code: 'limit_reached', key: 'limits.tokenStoredMbPerDay' } },
  });
  expect(JSON.parse(await post(note(id, wide(mib / 2)), bot))).toHaveProperty('result');
  expect(JSON.parse(await post(note(id, wide(mib / 2)), bot))).toMatchObject({
    error: { data: { code: 'overloaded', key: 'limits.tokenStoredMbPerDay' } },
  });
  expect(await noted(served, id)).toHaveLength(1);
});
