// A daemon whose host has its hands full, over real sockets: what stops something is answered all the same, what is asked twice at once is done
// once, and what is refused leaves nothing behind.
import { expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import type { Host, SessionHandle } from '../host/index.ts';
import { scriptedModel } from '../testing/index.ts';
import type { Sent } from './fixtures.ts';
import { serve, type Served } from './serve.fixture.ts';
import { createToken } from './tokens.ts';
import { WAY_NAMES, WAYS, type WayName } from './ways.fixture.ts';

const USER = { kind: 'user' } as const;
const STREAMING = 4;
/** As many as one connection may have at work. */
const HANGING = 64;
/** Where control is promised within 100 ms on a quiet machine: a machine that is not quiet is given this. */
const GENEROUS_MS = 10_000;

/** Goes on in the next turn of the event loop, whoever waits and how often. */
const TURN = { wait: { then: (next: () => void) => setImmediate(next) } as unknown as Promise<void> };
/** Longer than any of these tests: text that does not end by itself. */
const FLOOD = Array.from({ length: 100_000 }, (_, n) => (n % 20 === 0 ? TURN : 'x'.repeat(50)));

interface Busy extends AsyncDisposable {
  readonly served: Served;
  readonly sessions: readonly SessionHandle[];
  /** Lets everything that hangs be answered. */
  readonly release: () => void;
}

async function busy(): Promise<Busy> {
  const gate = deferred<never[]>();
  const around = (host: Host): Host =>
    new Proxy(host, {
      get(target, name) {
        if (name === 'inbox') return () => gate.promise;
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
  const served = await serve({ around, model: scriptedModel({ answers: () => [{ text: FLOOD }] }) });
  const sessions = await Promise.all(Array.from({ length: STREAMING }, () => served.test.session()));
  for (const session of sessions) await session.send('go');
  return {
    served,
    sessions,
    release: () => gate.resolve([]),
    async [Symbol.asyncDispose]() {
      gate.resolve([]);
      await Promise.all(sessions.map((session) => session.cancel().catch(() => undefined)));
      await served[Symbol.asyncDispose]();
    },
  };
}

const codeOf = ({ error }: Sent): string => (error === undefined ? 'ok' : (error.data?.code ?? 'none'));

it.for(WAY_NAMES)('answers what stops something before what hangs, by %s', async (name, { annotate }) => {
  await using host = await busy();
  const { served, sessions, release } = host;
  using way = await WAYS[name](served, served.token);
  if (name !== 'post')
    for (const { id } of sessions)
      expect(codeOf(await way.call('session/follow', { session: id }))).toBe('ok');
  const before = way.answered.length;
  const hanging = Array.from({ length: HANGING }, () => way.call('inbox/list'));
  // And more than there is room for; by POST each has room of its own, and hangs as well.
  const more = Array.from({ length: 8 }, () => way.call('inbox/list'));
  const askedMs = performance.now();
  const cancel = await way.call('turn/cancel', { session: sessions[0]?.id, by: USER });
  const tookMs = performance.now() - askedMs;
  await annotate(
    `${name}: a cancel behind ${String(HANGING)} calls that hang was answered in ${tookMs.toFixed(1)} ms`,
  );
  expect(codeOf(cancel)).toBe('ok');
  expect(tookMs).toBeLessThan(GENEROUS_MS);
  const soFar = way.answered.slice(before).map(codeOf);
  expect(soFar).toEqual([...(name === 'post' ? [] : more.map(() => 'overloaded')), 'ok']);
  release();
  expect((await Promise.all(hanging)).map(codeOf)).toEqual(hanging.map(() => 'ok'));
  expect(await sessions[0]?.settled()).toMatchObject({ lastOutcome: 'cancelled' });
});

const input = (session: string, id: string, text: string): object => ({
  session,
  id,
  text,
  source: { kind: 'program' },
  delivery: 'queue',
});

it.each(WAY_NAMES)(
  'joins what is asked twice at once, and keeps no trace of what it refused, by %s',
  async (name) => {
    await using host = await busy();
    const { served, sessions } = host;
    const session = sessions[0]?.id ?? '';
    using way = await WAYS[name](served, served.token);
    for (let n = 0; n < 32; n++) way.call('inbox/list').catch(() => undefined); // they hang
    const twice = await Promise.all(
      Array.from({ length: 16 }, () => way.call('input/send', input(session, 'cmd_1', 'hi'))),
    );
    expect(new Set(twice.map(({ result }) => JSON.stringify(result))).size).toBe(1);
    const send = async (id: string, text: string, more: object = {}): Promise<string> =>
      codeOf(await way.call('input/send', { ...input(session, id, text), ...more }));
    expect(await send('cmd_1', 'other')).toBe('conflict');
    expect(await send('cmd_2', 'hi', { delivery: 'never' })).toBe('invalid_params');
    expect(await send('cmd_3', 'hi', { session: 'ses_none' })).toBe('not_found');
    for (const id of ['cmd_2', 'cmd_3'])
      expect(await send(id, 'what was refused is not remembered')).toBe('ok');
    expect(await accepted(served, session)).toEqual(['go', 'hi', ...REMEMBERED]);
  },
);

const REMEMBERED = Array.from({ length: 2 }, () => 'what was refused is not remembered');

async function accepted({ test }: Served, session: string): Promise<string[]> {
  const events = await (await test.host.session(session)).events({ after: 0, limit: 1000 });
  return events.flatMap((event) => (event.type === 'input.accepted' ? [event.data.text] : []));
}

it('joins what comes at once by different ways, and not what comes of different tokens', async () => {
  await using host = await busy();
  const { served, sessions } = host;
  const session = sessions[0]?.id ?? '';
  const bot = createToken(served.home, { name: 'bot', scopes: ['prompt'] }, 0);
  const calls = (token: string): Promise<Sent[]> =>
    Promise.all(
      WAY_NAMES.map(async (name: WayName) => {
        using way = await WAYS[name](served, token);
        return await way.call('input/send', input(session, 'cmd_1', 'hi'));
      }),
    );
  const [ofOwner, ofBot] = await Promise.all([calls(served.token), calls(bot)]);
  for (const answers of [ofOwner, ofBot])
    expect(new Set(answers.map(({ result, error }) => JSON.stringify(result ?? error))).size).toBe(1);
  expect(await accepted(served, session)).toEqual(['go', 'hi', 'hi']);
});
