import fc from 'fast-check';
import { readFileSync, writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { METHODS, TokenScope, type Method } from '../protocol/index.ts';
import { scriptedModel } from '../testing/index.ts';
import { checkAudit } from './audit-check.ts';
import { Caller } from './caller.ts';
import { eventStream } from './event-stream.ts';
import { sessionId } from './stream-place.ts';
import { handWire, openInside, ownerWire, type HandWire, type Inside, type Sent } from './fixtures.ts';
import { OWNER } from './identity.ts';
import { createToken, ownerToken } from './tokens.ts';

const HELLO = scriptedModel({ answers: () => [{ text: ['Hel', 'lo'] }] });
const BY = { kind: 'user' } as const;

async function tokenWire(
  { shared, home, tokens, test }: Inside,
  request: { scopes: TokenScope[]; sessions?: string[]; expiresAt?: number },
): Promise<{ wire: HandWire; opened: Sent }> {
  const name = `t${String(shared.live.size)}-${request.scopes.join('-')}`;
  const token = createToken(home, { name, ...request }, test.clock.now());
  tokens.refresh();
  const wire = handWire(shared);
  return { wire, opened: await wire.call('connection/open', { protocol: 1, token }) };
}

const codeOf = (sent: Sent): string | undefined => sent.error?.data?.code;

it('opens once, by a token or on a trusted wire, and says what it serves', async () => {
  await using inside = await openInside();
  const wire = handWire(inside.shared);
  expect(codeOf(await wire.call('inbox/list'))).toBe('unauthorized');
  expect(codeOf(await wire.call('connection/open', { protocol: 2 }))).toBe('version_mismatch');
  expect(await wire.call('connection/open', { protocol: 1, token: ownerToken(inside.home) })).toMatchObject({
    result: {
      protocol: 1,
      server: { name: 'carrel' },
      identity: { name: 'owner', scopes: TokenScope.options },
    },
  });
  expect(codeOf(await wire.call('connection/open', { protocol: 1 }))).toBe('conflict');
  expect(await wire.call('inbox/list')).toMatchObject({ result: [] });
  expect(wire.closed).toBeUndefined();
});

it('drops what does not open in time, and what opens with a wrong token', async () => {
  await using inside = await openInside();
  const silent = handWire(inside.shared);
  const wrong = handWire(inside.shared);
  const answer = wrong.call('connection/open', { protocol: 1, token: 'guess' });
  await inside.test.clock.advance(14_999);
  expect(codeOf(await answer)).toBe('unauthorized');
  expect([silent.closed, wrong.closed]).toEqual([undefined, 'unauthorized']);
  await inside.test.clock.advance(1);
  expect(silent.closed).toBe('unauthorized');
  expect(inside.shared.live.size).toBe(0);
});

it('keeps to the scopes of a token: every scope with every method', async () => {
  await using inside = await openInside();
  const cells: string[] = [];
  for (const scope of TokenScope.options) {
    const { wire } = await tokenWire(inside, { scopes: [scope] });
    for (const method of Object.keys(METHODS) as Method[]) {
      const answer = await wire.call(method, { session: 'ses_none', nonsense: true });
      const wanted = METHODS[method].scope;
      cells.push(`${scope} ${method}`);
      if (wanted === scope)
        expect([scope, method, codeOf(answer)]).toEqual([scope, method, 'invalid_params']);
      else {
        expect([scope, method, codeOf(answer)]).toEqual([scope, method, 'forbidden']);
        expect(answer.error?.message).toContain(wanted);
      }
    }
    const followed = await wire.call('session/follow', { session: 'ses_none' });
    expect(codeOf(followed)).toBe(scope === 'observe' ? undefined : 'forbidden');
  }
  expect(cells).toHaveLength(TokenScope.options.length * Object.keys(METHODS).length);
});

it('keeps a token to its sessions, and drops it when it expires', async () => {
  await using inside = await openInside();
  const [mine, other] = [await inside.test.session(), await inside.test.session()];
  const expiresAt = inside.test.clock.now() + 1000;
  const { wire } = await tokenWire(inside, { scopes: ['observe'], sessions: [mine.id], expiresAt });
  expect(await wire.call('session/get', { session: mine.id })).toMatchObject({
    result: { session: mine.id },
  });
  for (const [method, params] of [
    ['session/get', { session: other.id }],
    ['session/follow', { session: other.id }],
    ['session/list', { limit: 1 }],
    ['inbox/list', {}],
  ] as const)
    expect([method, codeOf(await wire.call(method, params))]).toEqual([method, 'forbidden']);
  await inside.test.clock.advance(1000);
  expect(wire.closed).toBe('unauthorized');
  expect(wire.sent.at(-1)).toMatchObject({ id: null, error: { data: { code: 'unauthorized' } } });
});

it('follows: the answer, then every item once, then the end', async () => {
  await using inside = await openInside({ model: HELLO });
  const { id: session } = await inside.test.session();
  const wire = await ownerWire(inside.shared);
  const { result } = await wire.call('session/follow', { session });
  const { subscription } = result as { subscription: string };
  await wire.call('input/send', { session, text: 'hi', source: BY, delivery: 'queue' });
  await wire.until(({ params }) => JSON.stringify(params ?? '').includes('turn.finished'));
  const items = wire.sent.flatMap(({ method, params }) =>
    method === 'follow/items' ? (params as { items: { seq: number; type: string }[] }).items : [],
  );
  const seqs = items.filter(({ type }) => type !== 'delta').map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  expect(seqs.length).toBeGreaterThan(5);
  await wire.call('follow/stop', { subscription });
  expect(await wire.until(({ method }) => method === 'follow/ended')).toMatchObject({
    params: { subscription },
  });
  await wire.call('session/follow', { session: 'ses_none' });
  const ended = await wire.until(({ params }) => JSON.stringify(params ?? '').includes('not_found'));
  expect(ended).toMatchObject({ method: 'follow/ended', params: { subscription: 'sub_2' } });
});

const BAD: readonly (readonly [string, string, number | null])[] = [
  ['{', 'not JSON', null],
  ['[]', 'one request a message', null],
  ['7', 'expected object', null],
  ['{"jsonrpc":"1.0","id":3,"method":"inbox/list"}', 'jsonrpc', 3],
  ['{"jsonrpc":"2.0","id":3,"method":"inbox/list","extra":1}', 'extra', 3],
  ['{"jsonrpc":"2.0","id":3,"method":"inbox/list","params":[]}', 'params', 3],
  ['{"jsonrpc":"2.0","id":3,"method":"inbox/list","params":{"__proto__":{"a":1}}}', '__proto__', 3],
  [`{"jsonrpc":"2.0","id":3,"method":"x","params":${'['.repeat(99)}${']'.repeat(99)}}`, 'levels deep', 3],
  ['{"jsonrpc":"2.0","id":3,"method":"constructor"}', 'no method "constructor"', 3],
  ['{"jsonrpc":"2.0","id":3,"method":"__proto__"}', 'no method "__proto__"', 3],
  ['{"jsonrpc":"2.0","id":3,"method":"session/get","params":{}}', 'params.session', 3],
  ['{"jsonrpc":"2.0","id":3,"method":"session/list","params":{"limit":0}}', 'params.limit', 3],
  ['{"jsonrpc":"2.0","id":3,"method":"session/follow","params":{"after":1}}', 'params.session', 3],
];

it.each(BAD)('answers %s with the reason, and goes on', async (text, why, id) => {
  await using inside = await openInside();
  const wire = await ownerWire(inside.shared);
  wire.receiver.receive(text);
  const { error } = await wire.until((sent) => sent.id === id && sent.error !== undefined);
  expect(error?.message).toContain(why);
  expect(await wire.call('inbox/list')).toMatchObject({ result: [] });
});

it('survives whatever text comes, JSON or not, and answers only with codes that are known', async () => {
  await using inside = await openInside();
  const wire = await ownerWire(inside.shared);
  const request = fc.record(
    {
      jsonrpc: fc.constant('2.0'),
      id: fc.jsonValue(),
      method: fc.constantFrom(...Object.keys(METHODS), 'x'),
      params: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    request.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(texts, (text) => wire.receiver.receive(text)),
    { numRuns: 1000 },
  );
  expect(await wire.call('inbox/list')).toMatchObject({ result: [] });
  for (const { error } of wire.sent) expect(error?.data?.code ?? 'not_found').not.toBe('internal');
  expect(inside.faults).toEqual([]);
});

it('refuses more requests than it works on, but never a cancel', async () => {
  await using inside = await openInside();
  const { id: session } = await inside.test.session();
  const wire = await ownerWire(inside.shared);
  const lists = Array.from({ length: 100 }, () => wire.call('inbox/list'));
  const cancel = wire.call('turn/cancel', { session, by: BY });
  const codes = (await Promise.all(lists)).map(codeOf);
  expect(codes.filter((code) => code === 'overloaded')).toHaveLength(36);
  expect(codeOf(await cancel)).toBe('conflict');
});

it('holds back from a viewer that does not read, goes on from its place, and drops it at last', async () => {
  const long = 'x'.repeat(100_000);
  await using inside = await openInside();
  const session = await inside.test.session();
  const wire = await ownerWire(inside.shared);
  await wire.call('session/follow', { session: session.id });
  await wire.until(({ method }) => method === 'follow/items');
  wire.reading = false;
  for (let i = 0; i < 40; i++) await session.addContext(long);
  const bytes = (): number => JSON.stringify(wire.sent).length;
  await setImmediate();
  expect(bytes()).toBeGreaterThan(1_000_000);
  expect(bytes()).toBeLessThan(2_000_000);
  wire.reading = true;
  await wire.until(({ params }) => JSON.stringify(params ?? '').includes('"seq":41'));
  const seqs = JSON.stringify(wire.sent).match(/"seq":\d+/g);
  expect(new Set(seqs).size).toBe(seqs?.length);
  expect(bytes()).toBeGreaterThan(4_000_000);
  wire.reading = false;
  for (let i = 0; i < 20; i++) await session.addContext(long);
  await inside.test.clock.advance(60_000);
  expect(wire.closed).toBe('overloaded');
});

it('writes every use of admin and every failure to a chain that shows what was changed', async () => {
  await using inside = await openInside();
  const { id: session } = await inside.test.session();
  const wire = await ownerWire(inside.shared);
  await wire.call('session/erase', { session });
  await wire.call('session/erase', { session });
  const wrong = handWire(inside.shared).call('connection/open', { protocol: 1, token: 'secret-guess' });
  await inside.test.clock.advance(1000);
  await wrong;
  const text = readFileSync(inside.home.audit, 'utf8');
  expect(text).not.toContain('secret-guess');
  const lines = text.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { who: 'owner', what: `session/erase ${session}`, result: 'asked', prev: '' },
    { who: 'owner', what: `session/erase ${session}`, result: 'ok' },
    { who: 'owner', what: `session/erase ${session}`, result: 'asked' },
    { who: 'owner', what: `session/erase ${session}`, result: 'not_found' },
    { who: 'unknown', what: 'connection', result: 'unauthorized' },
  ]);
  const brokenIn = async (changed: string): Promise<readonly string[]> => {
    writeFileSync(inside.home.audit, changed);
    return (await checkAudit(inside.home.audit)).broken;
  };
  expect(await brokenIn(text)).toEqual([]);
  expect(await brokenIn(text.replace('not_found', 'ok'))).toEqual(['audit.jsonl:5']);
  expect(await brokenIn(lines.toSpliced(1, 1).join('\n'))).toEqual(['audit.jsonl:2']);
});

it('ends a stream of events that nobody reads, and one whose reader leaves', async () => {
  await using inside = await openInside();
  const { shared, test } = inside;
  const session = await test.session();
  const caller = new Caller(shared, OWNER);
  const begin = (signal: AbortSignal) => caller.link.batches(session.id, {}, { signal });
  const stream = () => eventStream({ shared, caller, begin, idOf: sessionId });
  const [unread, left] = [stream(), stream()];
  expect(shared.live.size).toBe(2);
  for (let i = 0; i < 8; i++) await session.addContext('x'.repeat(100_000));
  await setImmediate();
  await left.cancel();
  await test.clock.advance(44_999);
  expect(shared.live.size).toBe(1);
  await test.clock.advance(1);
  expect(shared.live.size).toBe(0);
  await expect(new Response(unread).text()).rejects.toMatchObject({ code: 'overloaded' });
});
