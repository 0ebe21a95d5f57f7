// A session as long as a working year, against a server that caches what begins like the request before: every request fits and is
// taken, and between two compactions each begins with all of the one before it.
import { expect, test } from 'vitest';
import {
  createMemoryStore,
  createModels,
  createTools,
  DEFAULT_SESSION_LIMITS,
  openHost,
} from '../../src/host/index.ts';
import type { Host, Profile, SessionHandle } from '../../src/host/index.ts';
import { codeOf, type EventOf, type SessionEvent } from '../../src/protocol/index.ts';
import {
  startProviderServer,
  testTool,
  type ProviderAnswer,
  type ProviderServer,
} from '../../src/testing/index.ts';
import { systemClock } from '../../src/base/index.ts';
import { violations } from '../oracle.ts';

const TURNS = process.env['CARREL_TEST_LONG'] === undefined ? 120 : 3_000;
/** Generous: a busy machine. */
const LIMIT_MS = 60_000 + TURNS * 200;
const WINDOW = 4_000;
const ANSWER = 400;

const PROFILE: Profile = {
  name: 'default',
  prompt: 'You keep a log.',
  model: 'local/test-model',
  tools: ['look'],
  mode: 'full',
  recovery: 'continue',
  continueOnLength: false,
  haltOnDenied: false,
  compaction: true,
  maxOutputTokens: ANSWER,
  deny: { tools: [], paths: [] },
  limits: { ...DEFAULT_SESSION_LIMITS, contextTokens: WINDOW },
};

/** What a provider that caches has seen of one session, and how much of each request it knew. */
class Cache {
  readonly requests: { readonly tokens: number; readonly cached: number }[] = [];
  #last = '';

  /** A body without its end, which differs in any case. */
  ask(messages: string): ProviderAnswer[number] {
    let same = 0;
    while (same < messages.length && messages[same] === this.#last[same]) same++;
    this.#last = messages;
    const [tokens, cached] = [messages.length, same].map((length) => Math.ceil(length / 4)) as [
      number,
      number,
    ];
    this.requests.push({ tokens, cached });
    return { usage: { input: tokens, output: 50, cachedInput: cached } };
  }
}

function answers(server: ProviderServer, cache: Cache): void {
  server.script(({ body, rounds, text }) => {
    const whole = JSON.stringify(body['messages']);
    if (whole.includes('You sum up the older part'))
      return [
        { text: 'Noted so far. '.repeat(20) },
        { usage: { input: Math.ceil(whole.length / 4), output: 70 } },
      ];
    const usage = cache.ask(whole.slice(0, -2));
    if (rounds === 0 && text.startsWith('look'))
      return [{ call: { tool: 'look', args: { at: text.slice(-6) } } }, usage];
    return [{ text: `Seen: ${text.slice(0, 20)} ${'and so on '.repeat(12)}` }, usage];
  });
}

async function journal(session: SessionHandle): Promise<readonly SessionEvent[]> {
  return session.events({ after: 0, limit: 1_000_000 });
}

const is =
  <T extends SessionEvent['type']>(type: T) =>
  (event: SessionEvent): event is EventOf<T> & SessionEvent =>
    event.type === type;

async function say(session: SessionHandle, text: string): Promise<void> {
  await session.send(text);
  expect(await session.settled()).toMatchObject({ lastOutcome: 'completed' });
}

async function open(server: ProviderServer): Promise<Host> {
  const provider = {
    name: 'local',
    kind: 'openai-compatible',
    baseUrl: server.baseUrl('openai-compatible'),
    apiKey: server.apiKey,
  } as const;
  return openHost({
    store: createMemoryStore(),
    models: createModels({ providers: [provider], clock: systemClock }),
    tools: createTools([testTool({ name: 'look', run: () => 'a line of what is there\n'.repeat(12) })]),
    profiles: new Map([['default', PROFILE]]),
  });
}

test(`${String(TURNS)} turns through compactions`, { timeout: LIMIT_MS }, async () => {
  const cache = new Cache();
  await using server = await startProviderServer();
  answers(server, cache);
  await using host = await open(server);
  const session = await host.create({ folder: process.cwd() });
  for (let n = 0; n < TURNS; n++)
    await say(session, `${n % 3 === 0 ? 'look' : 'note'} ${'w'.repeat(60)} ${String(n).padStart(6, '0')}`);
  const events = await journal(session);
  const compactions = events.filter(is('context.compacted'));

  expect(compactions.length).toBeGreaterThanOrEqual(5);
  expect(events.filter(({ type }) => type === 'compaction.failed' || type === 'context.cut')).toEqual([]);
  for (const { data } of compactions) {
    expect(data.tokens.after).toBeLessThanOrEqual(data.tokens.before * 0.75);
    expect(data.tokens.summary).toBeLessThanOrEqual(data.tokens.before * 0.25);
  }
  expect(server.refusals).toEqual([]);
  expect(violations(events)).toEqual([]);
  expect(Math.max(...cache.requests.map(({ tokens }) => tokens))).toBeLessThanOrEqual(WINDOW - ANSWER);

  // Only the request behind a compaction, and the first of all, begins with anything new.
  const broken = cache.requests.filter(
    ({ cached }, index) => cached < (cache.requests[index - 1]?.tokens ?? 0) - 1,
  );
  expect(broken.length).toBe(compactions.length);
  const share = cachedShare(events);
  console.log(
    `${String(TURNS)} turns, ${String(cache.requests.length)} requests, ${String(compactions.length)} compactions: ${(share * 100).toFixed(1)} % of the input was cached`,
  );
  expect(share).toBeGreaterThan(0.85);

  const before = await session.context();
  await session.command({ type: 'context/uncompact', id: 'cmd_undo' });
  const after = await session.context({ limit: 0 });
  expect(after.used).toBeGreaterThan(before.used);
  await say(session, 'note after the undo');
  expect(violations(await journal(session))).toEqual([]);
});

/** As the journal has it from the provider. */
function cachedShare(events: readonly SessionEvent[]): number {
  const usages = events.filter(is('step.finished')).map(({ data }) => data.usage);
  const sum = (of: 'input' | 'cachedInput'): number =>
    usages.reduce((total, usage) => total + (usage[of] ?? 0), 0);
  return sum('cachedInput') / sum('input');
}

test('one that cannot help ends with its reason, and is not made again and again', async () => {
  await using server = await startProviderServer();
  answers(server, new Cache());
  await using host = await open(server);
  const session = await host.create({ folder: process.cwd() });
  await say(session, 'note a');
  const huge = `note ${'h'.repeat(13_200)}`;
  for (let n = 0; n < 5; n++) await say(session, huge);
  const failed = (await journal(session)).filter(is('compaction.failed'));
  expect(failed.length).toBeLessThanOrEqual(2);
  expect(failed[0]?.data).toMatchObject({ reason: 'unhelpful', error: { code: 'limit_reached' } });
  // It was seen before anything was asked.
  expect(failed[0]?.data.usage).toBeUndefined();
  expect(server.refusals).toEqual([]);
  await session
    .command({ type: 'context/uncompact', id: 'cmd_none' })
    .catch((error: unknown) => expect(codeOf(error)).toBe('conflict'));
});
