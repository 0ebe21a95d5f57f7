// What is told to whoever measures: each thing once, with what it took, and never for streaming text.
import { describe, expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import type { Fact } from '../runtime/index.ts';
import { openTestHost, testTool } from '../testing/index.ts';
import { happened } from './fixtures.ts';

const LOOK = testTool({ name: 'look' });
const USAGE = { input: 10, output: 2 };

type Of<T extends Fact['type']> = Extract<Fact, { type: T }>;

function heard(): { readonly facts: Fact[]; of<T extends Fact['type']>(type: T): Of<T>[] } {
  const facts: Fact[] = [];
  return { facts, of: (type) => facts.filter((fact) => fact.type === type) as Of<typeof type>[] };
}

describe('what is measured', () => {
  it('is one fact for a create, a commit, a request and an append', async () => {
    const { facts, of } = heard();
    await using test = await openTestHost({
      observe: (fact) => facts.push(fact),
      tools: [LOOK],
      answers: [
        [{ call: 'look', args: {} }, { usage: USAGE }],
        [{ text: ['o', 'n', 'e', ' ', 't', 'w', 'o'] }],
      ],
    });
    const session = await test.session();
    await session.send('go');
    const { seq } = await session.settled();
    expect(of('created')).toHaveLength(1);
    // Each event once, in order, whatever the commits were.
    const events = of('committed').flatMap((fact) => fact.events.map((event) => event.seq));
    expect(events).toEqual(Array.from({ length: seq - 1 }, (_, n) => n + 2));
    expect(of('asked')).toMatchObject([
      {
        provider: 'scripted',
        model: 'model',
        attempt: 1,
        answer: { reason: 'calls', usage: USAGE, cost: 0 },
      },
      { provider: 'scripted', model: 'model', attempt: 1, answer: { reason: 'stop' } },
    ]);
    expect(new Set(of('asked').map(({ turn }) => turn)).size).toBe(1);
    expect(of('appended').length).toBeLessThanOrEqual(of('committed').length + 1);
    expect(of('appended').every(({ error }) => error === undefined)).toBe(true);
  });

  it('names the code of a request that failed', async () => {
    const { facts, of } = heard();
    const failure = { code: 'provider_failed', message: 'no', retryable: false } as const;
    await using test = await openTestHost({
      observe: (fact) => facts.push(fact),
      answers: [[{ fail: failure }]],
    });
    const session = await test.session();
    await session.send('go');
    await session.settled();
    expect(of('asked')).toMatchObject([{ error: 'provider_failed' }]);
    expect(of('asked')[0]).not.toHaveProperty('answer');
  });

  it('disturbs nobody when whoever measures throws, and is counted', async () => {
    await using test = await openTestHost({
      observe: () => {
        throw new Error('the test says so');
      },
      answers: [[{ text: 'hello' }]],
    });
    const session = await test.session();
    await session.send('go');
    expect(await session.settled()).toMatchObject({ lastOutcome: 'completed' });
    expect(test.host.inspect().listenerFaults).toBeGreaterThan(3);
    expect(test.faults).toEqual([]);
  });

  it('says how long a viewer waited for what was there, and a session took to wake', async () => {
    const { facts, of } = heard();
    let opened = deferred<void>();
    await using test = await openTestHost({
      observe: (fact) => {
        facts.push(fact);
        if (fact.type === 'opened') opened.resolve();
      },
      answers: [[{ text: 'hello' }]],
      limits: { asleepAfterMs: 1_000 },
    });
    const session = await test.session();
    await session.send('go');
    await session.settled();
    await test.clock.advance(20_000);
    expect(of('slept')).toHaveLength(1);
    await session.command({ type: 'session/rename', id: 'cmd_1', name: 'other' });
    expect(of('woken')).toHaveLength(1);
    const before = of('opened').length;
    opened = deferred<void>();
    const seen = happened(session, 'context.added');
    await opened.promise;
    await session.addContext('more');
    await seen;
    expect(of('opened')).toHaveLength(before + 1);
    const { folder } = test;
    await test.host.erase(session.id);
    expect(of('erased')).toHaveLength(1);
    expect(await test.host.counts()).toEqual({});
    await test.host.create({ folder });
    expect(await test.host.counts()).toEqual({ idle: 1 });
  });
});
