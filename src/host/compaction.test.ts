import { describe, expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import { scriptedModel, type ModelRequest, type ScriptAnswer } from '../model/index.ts';
import type { SessionEvent } from '../protocol/index.ts';
import { createMemoryStore } from '../store/index.ts';
import { openTestHost, type TestHostOptions } from '../testing/index.ts';
import { happened, journal } from './fixtures.ts';
import type { SessionHandle } from './port.ts';

const isSummary = ({ system }: ModelRequest): boolean => system.startsWith('You sum up');

/** A small window, a model that says much, and what it says when it is to sum up. */
function options(summary: () => ScriptAnswer, more: TestHostOptions['profile'] = {}): TestHostOptions {
  const model = scriptedModel({
    answers: (request) => (isSummary(request) ? summary() : [{ text: 'x'.repeat(400) }]),
    capabilities: { contextTokens: 2_000, outputTokens: 200 },
  });
  return { model, profile: { compaction: true, ...more } };
}

async function say(session: SessionHandle, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    await session.send(`question ${String(n)} ${'y'.repeat(200)}`);
    expect(await session.settled()).toMatchObject({ lastOutcome: 'completed' });
  }
}

const types = (events: readonly SessionEvent[]): string[] => events.map(({ type }) => type);

describe('a summary', () => {
  it.each([
    ['empty', [{ text: ' ' }]],
    ['long', [{ text: 'z'.repeat(40_000) }]],
    ['long', [{ text: 'cut' }, { finish: 'length' }]],
    ['control', [{ text: '\u001b[31mred' }]],
    ['calls', [{ call: 'rm', args: {} }]],
    ['model', [{ fail: { message: 'down', retryable: true } }]],
  ] as [string, ScriptAnswer][])(
    'that is refused as %s leaves the context to be cut, and is not asked for again',
    async (reason, answer) => {
      await using test = await openTestHost(options(() => answer));
      const session = await test.session();
      await say(session, 20);
      const events = await journal(test.store, session.id);
      const failed = events.filter((event) => event.type === 'compaction.failed');
      expect(failed.map(({ data }) => data.reason)).toEqual([reason, reason]);
      expect(types(events)).toContain('context.cut');
      expect(test.model.requests.filter(isSummary).length).toBe(2);
      expect((await session.context()).compaction).toMatchObject({ state: 'given-up', failed: { reason } });
    },
  );

  it('is asked for with no tool and no secret, and stands before what is recent', async () => {
    await using test = await openTestHost(options(() => [{ text: 'noted' }]));
    const session = await test.session();
    await session.send('the key is sk-a1B2c3D4e5F6g7H8i9J0, keep it');
    await session.settled();
    await say(session, 12);
    const [asked] = test.model.requests.filter(isSummary);
    expect(asked).toMatchObject({ tools: [], messages: [{ role: 'user' }] });
    expect(JSON.stringify(asked)).toContain('[secret]');
    expect(JSON.stringify(asked)).not.toContain('a1B2c3D4');
    const next = test.model.requests[test.model.requests.findIndex(isSummary) + 1];
    expect(JSON.stringify(next?.messages[0])).toContain('noted');
  });

  it('is made by a model that is not there: nothing changes, and it says so', async () => {
    await using test = await openTestHost(options(() => [], { summaryModel: 'scripted/none' }));
    const session = await test.session();
    await say(session, 12);
    const events = await journal(test.store, session.id);
    expect(events.find((event) => event.type === 'compaction.failed')?.data).toMatchObject({
      reason: 'model',
      error: { code: 'model_unavailable' },
    });
  });

  it('is cancelled with its turn, and what was streaming is stopped', async () => {
    const gate = deferred<void>();
    await using test = await openTestHost(options(() => [{ text: ['no', { wait: gate.promise }] }]));
    const session = await test.session();
    const begun = happened(session, 'compaction.started');
    const said = say(session, 12).catch(() => undefined);
    await begun;
    await session.cancel();
    expect(await session.settled()).toMatchObject({ lastOutcome: 'cancelled' });
    await said;
    const events = await journal(test.store, session.id);
    expect(types(events).slice(-5)).toEqual(
      expect.arrayContaining(['turn.cancel-requested', 'compaction.failed', 'turn.finished']),
    );
    gate.resolve();
  });

  it('that its host did not live to hear is asked for again by the next, and the turn goes on', async () => {
    const store = createMemoryStore();
    const gate = deferred<void>();
    const first = await openTestHost({
      ...options(() => [{ text: ['half', { wait: gate.promise }] }]),
      store,
    });
    const session = await first.session();
    const begun = happened(session, 'compaction.started');
    const said = say(session, 12).catch(() => undefined);
    await begun;
    await first.host.close();
    await said;
    await using second = await openTestHost({ ...options(() => [{ text: 'noted' }]), store, recover: 'all' });
    const again = await second.host.session(session.id);
    expect(await again.settled()).toMatchObject({ lastOutcome: 'completed' });
    const order = types(await journal(store, session.id)).filter((type) =>
      /^compaction|compacted|recovered/.test(type),
    );
    expect(order).toEqual([
      'compaction.started',
      'session.recovered',
      'compaction.failed',
      'compaction.started',
      'context.compacted',
    ]);
  });

  it('counts in the budget of its session, and is reserved before it is asked for', async () => {
    await using test = await openTestHost(
      options(() => [{ text: 'noted' }, { usage: { input: 900, output: 9 } }], {
        budget: { session: { tokens: 100_000 } },
      }),
    );
    const session = await test.session();
    await say(session, 12);
    const events = await journal(test.store, session.id);
    const at = types(events).indexOf('compaction.started');
    expect(types(events).slice(at, at + 3)).toEqual([
      'compaction.started',
      'compaction.reserved',
      'context.compacted',
    ]);
    const { budget } = await session.summary();
    expect(budget?.[0]).toMatchObject({ measure: 'tokens', spent: 909 });
  });
});
