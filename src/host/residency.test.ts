// Asleep or live: nobody can tell the difference.
import { describe, expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import { scriptedModel } from '../model/index.ts';
import { createMemoryStore, memoryData } from '../store/index.ts';
import { blockingTool, faultyStore, manualClock, openTestHost, testTool } from '../testing/index.ts';
import { happened, intercepted, journal, until } from './fixtures.ts';

const HELLO = [{ text: ['Hel', 'lo'] }];
const ASK = [{ call: 'write', args: {} }];
const write = testTool({ name: 'write', access: 'write' });

describe('a command that comes as its session goes to sleep', () => {
  it('is carried out', async () => {
    const inner = createMemoryStore();
    const released = deferred<void>();
    const releasing = deferred<void>();
    const store = intercepted(inner, {
      async release(session, fence) {
        releasing.resolve();
        await released.promise;
        return inner.release(session, fence);
      },
    });
    await using test = await openTestHost({
      store,
      model: scriptedModel({ answers: () => HELLO }),
      limits: { asleepAfterMs: 1_000 },
    });
    const session = await test.session();
    const slept = test.clock.advance(2_000);
    await releasing.promise;
    const sent = session.send('hi');
    released.resolve();
    await slept;
    await sent;
    expect(await session.settled()).toMatchObject({ lastOutcome: 'completed' });
  });

  it('is carried out, whoever made it sleep', async () => {
    await using test = await openTestHost({
      model: scriptedModel({ answers: () => HELLO }),
      limits: { liveSessions: 1 },
    });
    const sessions = await Promise.all(Array.from({ length: 8 }, () => test.session()));
    const failures: unknown[] = [];
    for (let round = 0; round < 5; round++)
      for (const session of sessions) {
        await session.addContext(`fact ${String(round)}`).catch((error: unknown) => failures.push(error));
      }
    expect(failures).toEqual([]);
    expect(test.host.inspect().live).toBe(1);
    expect(test.faults).toEqual([]);
  });
});

describe('a session that waits for a human', () => {
  it('sleeps meanwhile, and its approval expires in time', async () => {
    await using test = await openTestHost({
      answers: [ASK, HELLO],
      tools: [write],
      profile: { mode: 'ask', limits: { approvalMs: 60_000 } },
      limits: { asleepAfterMs: 1_000 },
    });
    const session = await test.session();
    await until(session.run('go'), () => false);
    await test.clock.advance(3_000);
    expect(test.host.inspect().live).toBe(0);
    expect(await session.summary()).toMatchObject({ status: 'waiting', waiting: 1 });
    expect(await test.host.inbox()).toHaveLength(1);
    await test.clock.advance(55_000);
    expect(await session.summary()).toMatchObject({ status: 'waiting' });
    const expired = happened(session, 'approval.expired');
    await test.clock.advance(5_000);
    await expired;
    expect(await session.settled()).toMatchObject({ lastOutcome: 'completed' });
  });

  it('does not keep others from being live', async () => {
    await using test = await openTestHost({
      model: scriptedModel({ answers: () => ASK }),
      tools: [write],
      profile: { mode: 'ask' },
      limits: { liveSessions: 2 },
    });
    const sessions = await Promise.all(Array.from({ length: 5 }, () => test.session()));
    for (const session of sessions) {
      await session.send('go');
      expect(await session.settled()).toMatchObject({ status: 'waiting' });
    }
    expect(test.host.inspect().live).toBe(2);
    expect(await test.host.inbox()).toHaveLength(5);
  });

  it('sees its approval expire after a restart of the host, and after the clock was set back', async () => {
    const data = memoryData();
    const clock = manualClock();
    const options = {
      tools: [write],
      profile: { mode: 'ask' as const, limits: { approvalMs: 60_000 } },
      recover: 'all' as const,
      clock,
    };
    const first = await openTestHost({ ...options, store: createMemoryStore(data), answers: [ASK] });
    const { id } = await first.session();
    await until((await first.host.session(id)).run('go'), () => false);
    await first[Symbol.asyncDispose]();
    await clock.advance(59_000);
    await using second = await openTestHost({ ...options, store: createMemoryStore(data), answers: [HELLO] });
    const session = await second.host.session(id);
    expect(await session.summary()).toMatchObject({ status: 'waiting' });
    const settled = happened(session, 'turn.finished');
    await clock.advance(1_000);
    await settled;
    expect(await session.settled()).toMatchObject({ status: 'idle', lastOutcome: 'completed' });
  });
});

describe('taking up what is open', () => {
  it('reaches every session, though more are open than may be live', async () => {
    const data = memoryData();
    const plan = { at: Infinity, fault: 'die' as const };
    const tool = blockingTool();
    const store = faultyStore(createMemoryStore(data), plan);
    const first = await openTestHost({ store, model: scriptedModel({ answers: () => [{ silence: true }] }) });
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      const session = await first.session();
      await session.send('go');
      ids.push(session.id);
    }
    plan.at = store.calls + 1;
    void (await first.host.session(ids[0] ?? '')).addContext('x');
    await store.dead;
    await using second = await openTestHost({
      store: createMemoryStore(data),
      tools: [tool],
      model: scriptedModel({ answers: () => HELLO }),
      limits: { liveSessions: 2 },
      recover: 'all',
    });
    await second.clock.advance(10_000);
    const page = await second.host.list({ limit: 10 });
    expect(page.sessions.map(({ lastOutcome }) => lastOutcome)).toEqual(ids.map(() => 'completed'));
    expect(second.host.inspect().live).toBeLessThanOrEqual(2);
  });
});

describe('closing a host', () => {
  it('with everything open leaves nothing running, and the next one goes on', async () => {
    const data = memoryData();
    const tool = blockingTool();
    const models = () =>
      scriptedModel({
        answers: (request) => {
          const text = JSON.stringify(request.messages.at(-1));
          if (text.includes('block')) return [{ call: 'block', args: {} }];
          if (text.includes('ask')) return ASK;
          return text.includes('stream')
            ? [{ text: ['begun ', { wait: new Promise(() => undefined) }] }]
            : HELLO;
        },
      });
    const clock = manualClock();
    const options = {
      tools: [{ ...tool, name: 'block', access: 'read' as const }, write],
      profile: { mode: 'ask' as const },
    };
    const first = await openTestHost({ ...options, clock, store: createMemoryStore(data), model: models() });
    const ids: Record<string, string> = {};
    for (const what of ['block', 'ask', 'stream']) {
      const session = await first.session();
      ids[what] = session.id;
      await session.send(what);
      if (what === 'block') await tool.started();
      if (what === 'ask') await happened(session, 'approval.requested');
      if (what === 'stream') await until(session.follow(), ({ type }) => type === 'delta');
    }
    const viewer = until((await first.host.session(ids['stream'] ?? '')).follow(), () => false);
    await first[Symbol.asyncDispose]();
    await viewer;
    expect(clock.pending).toBe(0);
    expect(first.host.inspect()).toMatchObject({ live: 0, viewers: 0, turns: { inUse: 0, waiting: 0 } });
    expect(first.faults).toEqual([]);

    await using second = await openTestHost({
      ...options,
      store: createMemoryStore(data),
      model: scriptedModel({ answers: () => HELLO }),
      recover: 'all',
    });
    const outcome = async (what: string) =>
      (await (await second.host.session(ids[what] ?? '')).settled()).lastOutcome;
    expect(await outcome('block')).toBe('completed');
    expect(await outcome('stream')).toBe('completed');
    const blocked = await journal(second.store, ids['block'] ?? '');
    expect(blocked.filter(({ type }) => type === 'tool.finished')).toMatchObject([
      { data: { status: 'cancelled' } },
    ]);
    const streamed = await journal(second.store, ids['stream'] ?? '');
    expect(streamed.find(({ type }) => type === 'text.ended')).toMatchObject({
      data: { text: 'begun ', interrupted: true },
    });
    const asking = await second.host.session(ids['ask'] ?? '');
    await asking.approve();
    expect(await asking.settled()).toMatchObject({ lastOutcome: 'completed' });
  });

  it('ends those who follow, also those who come too late', async () => {
    await using test = await openTestHost();
    const session = await test.session();
    await test.host.close();
    expect(await until(session.follow(), () => false)).toHaveLength(1);
    await expect(session.send('x')).rejects.toMatchObject({ code: 'cancelled' });
    expect(test.host.inspect().viewers).toBe(0);
  });

  it('does not wait for a store that cannot write', async () => {
    const plan = { at: Infinity, fault: 'fail' as const, methods: ['append' as const], times: 1_000 };
    const store = faultyStore(createMemoryStore(), plan);
    const tool = blockingTool();
    const test = await openTestHost({ store, tools: [tool], answers: [[{ call: 'block', args: {} }]] });
    const session = await test.session();
    await session.send('go');
    await tool.started();
    plan.at = store.calls + 1;
    tool.release();
    while (test.faults.length === 0) await new Promise(setImmediate);
    await test[Symbol.asyncDispose]();
    expect(test.clock.pending).toBe(0);
  });
});

it('keeps hubs of nobody', async () => {
  await using test = await openTestHost({ limits: { liveSessions: 1 } });
  const [a, b] = [await test.session(), await test.session()];
  const late = await test.host.session(a.id);
  await b.addContext('x');
  expect(await until(late.follow(), ({ type }) => type === 'session.created')).toHaveLength(1);
  await expect(
    until((await test.host.session(a.id)).follow({ cursor: { seq: 9, hash: '' } }), () => false),
  ).rejects.toThrow();
  expect(test.host.inspect()).toMatchObject({ viewers: 0, live: 1 });
});
