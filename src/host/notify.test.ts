// Notifications: each is delivered, in order, over dead receivers and restarts, and nothing waits for them.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../base/index.ts';
import type { Notification } from '../protocol/index.ts';
import { createMemoryStore, memoryData } from '../store/index.ts';
import {
  manualClock,
  openTestHost,
  scriptedModel,
  testTool,
  type TestHostOptions,
} from '../testing/index.ts';
import { commandReceiver, ntfyReceiver, webhookReceiver, type Delivered, type Receiver } from './index.ts';

const KINDS = ['waiting', 'finished', 'failed', 'budget'] as const;
const DEAD: Delivered = { ok: false, again: true, why: 'nobody is there' };
const DAY_MS = 24 * 60 * 60_000;

/** Answers from a list, then takes everything. */
class Inbox implements Receiver {
  readonly name = 'inbox';
  readonly kinds = KINDS;
  readonly tried: string[] = [];
  readonly taken: Notification[] = [];
  dead = false;

  send(notification: Notification): Promise<Delivered> {
    this.tried.push(notification.id);
    if (this.dead) return Promise.resolve(DEAD);
    this.taken.push(notification);
    return Promise.resolve({ ok: true });
  }
}

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function when(isSo: () => boolean): Promise<void> {
  while (!isSo()) await macrotask();
}

const HELLO = scriptedModel({
  answers: ({ messages }) =>
    JSON.stringify(messages.at(-1)).includes('write') ? [{ call: 'write', args: {} }] : [{ text: ['Hello'] }],
});

const opened = (receiver: Receiver, options: TestHostOptions = {}) =>
  openTestHost({ model: HELLO, receivers: [receiver], ...options });

it('tells of ends and of questions, once each and in order, and of nothing that was before', async () => {
  const inbox = new Inbox();
  const tools = [testTool({ name: 'write', access: 'write' })];
  await using test = await opened(inbox, { tools, profile: { mode: 'ask' } });
  const session = await test.session({ name: 'desk' });
  for (const text of ['hi', 'write']) {
    await session.send(text);
    await session.settled();
  }
  await when(() => inbox.taken.length === 2);
  const { folder } = test;
  expect(inbox.taken).toMatchObject([
    { kind: 'finished', outcome: 'completed', session: session.id, name: 'desk', folder },
    { kind: 'waiting', tool: 'write', call: expect.any(String) as string },
  ]);
  expect(JSON.stringify(inbox.taken)).not.toContain('Hello');
  expect(test.host.inspect().receivers).toEqual([{ name: 'inbox', delivered: 2, failures: 0, givenUp: 0 }]);
});

it('tries again, holds nobody up meanwhile, and loses nothing with its host', async () => {
  const data = memoryData();
  const inbox = new Inbox();
  inbox.dead = true;
  {
    await using test = await opened(inbox, { store: createMemoryStore(data) });
    const session = await test.session();
    for (const text of ['one', 'two']) {
      await session.send(text);
      expect((await session.settled()).status).toBe('idle');
    }
    await when(() => inbox.tried.length === 1);
    await test.clock.advance(1_000);
    await when(() => inbox.tried.length === 2);
    const [report] = test.host.inspect().receivers;
    expect(report).toMatchObject({ failures: 2, lastFailure: 'nobody is there', delivered: 0 });
  }
  inbox.dead = false;
  const before = new Set(inbox.tried);
  await using _again = await opened(inbox, { store: createMemoryStore(data) });
  await when(() => inbox.taken.length === 2);
  expect(before).toEqual(new Set([inbox.taken[0]?.id]));
  expect(inbox.taken.map(({ seq }) => seq)).toEqual(
    inbox.taken.map(({ seq }) => seq).toSorted((a, b) => a - b),
  );
});

it('gives up after a day without success, and says so', async () => {
  const inbox = new Inbox();
  inbox.dead = true;
  const clock = manualClock();
  await using test = await opened(inbox, { clock });
  const session = await test.session();
  await session.send('one');
  await session.settled();
  await when(() => inbox.tried.length === 1);
  while (clock.monotonic() < DAY_MS + 10 * 60_000) {
    await clock.advance(5 * 60_000);
    await macrotask();
  }
  await when(() => test.host.inspect().receivers[0]?.givenUp === 1);
  expect(test.faults.map(({ what }) => what)).toContainEqual(
    expect.stringMatching(/^notification ntf_\d+ for inbox was given up$/),
  );
  inbox.dead = false;
  await session.send('two');
  await when(() => inbox.taken.length === 1);
});

const NOTE: Notification = {
  id: 'ntf_7',
  kind: 'waiting',
  at: 1,
  session: 'ses_1',
  seq: 3,
  name: 'desk',
  folder: '/work',
  why: 'waits',
};

async function posted(status: number, send: (url: string) => Promise<Delivered>) {
  const seen: { url?: string; headers?: object; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ url: request.url ?? '', headers: request.headers, body });
      response
        .writeHead(status, { location: 'http://127.0.0.1:1/', 'retry-after': '2' })
        .end('a secret answer');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    return { delivered: await send(`http://127.0.0.1:${String(port)}/hooks/topic?key=hidden`), seen };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it.each([
  [200, { ok: true }],
  [302, { ok: false, again: true }],
  [410, { ok: false, again: false }],
  [503, { ok: false, again: true, retryAfterMs: 2000 }],
])('takes %i from a webhook for what it is, follows nothing and tells nothing', async (status, expected) => {
  const common = { name: 'hook', kinds: KINDS, clock: systemClock };
  const { delivered, seen } = await posted(status, (url) =>
    webhookReceiver({ ...common, url, secret: 'a secret of a test' }).send(
      NOTE,
      new AbortController().signal,
    ),
  );
  expect(delivered).toMatchObject(expected);
  expect(JSON.stringify(delivered)).not.toMatch(/hidden|secret/);
  expect(seen).toMatchObject([
    {
      headers: {
        'carrel-delivery': 'ntf_7',
        'carrel-signature': expect.stringMatching(/^t=\d+,v1=[0-9a-f]{64}$/) as string,
      },
      body: JSON.stringify(NOTE),
    },
  ]);
});

it('publishes to a topic of ntfy, and says who cannot be reached', async () => {
  const common = { name: 'phone', kinds: KINDS, clock: systemClock };
  const { signal } = new AbortController();
  const { delivered, seen } = await posted(200, (url) =>
    ntfyReceiver({ ...common, url, token: 'tk_1' }).send(NOTE, signal),
  );
  expect(delivered).toEqual({ ok: true });
  expect(seen).toMatchObject([{ url: '/hooks/', headers: { authorization: 'Bearer tk_1' } }]);
  expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ topic: 'topic', message: 'desk: waits' });
  const nobody = webhookReceiver({ ...common, url: 'http://127.0.0.1:1/path', secret: 'a secret of a test' });
  expect(await nobody.send(NOTE, signal)).toEqual({
    ok: false,
    again: true,
    why: expect.stringContaining('127.0.0.1:1 cannot be reached') as string,
  });
});

it('runs a command with the notification on its input, and stops it with its host', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-notify-'));
  const command = (...argv: string[]) =>
    commandReceiver({
      name: 'bell',
      kinds: KINDS,
      clock: systemClock,
      environment: { PATH: '/usr/bin:/bin' },
      command: argv,
    });
  const stop = new AbortController();
  const file = join(folder, 'said');
  expect(await command('sh', '-c', 'cat > "$1"', 'sh', file).send(NOTE, stop.signal)).toEqual({ ok: true });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(NOTE);
  expect(await command('sh', '-c', 'exit 3').send(NOTE, stop.signal)).toMatchObject({
    why: 'the command ended with 3',
  });
  expect(await command('/no/such/program').send(NOTE, stop.signal)).toMatchObject({ ok: false, again: true });
  const hanging = command('sleep', '1000').send(NOTE, stop.signal);
  stop.abort();
  expect(await hanging).toMatchObject({ why: 'the command ended with SIGKILL' });
  rmSync(folder, { recursive: true });
});
