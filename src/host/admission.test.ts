// What a host does when more is asked of it than it may do at once.
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deferred, type Deferred } from '../base/index.ts';
import { scriptedModel } from '../model/index.ts';
import { openTestHost, testTool } from '../testing/index.ts';
import type { HostLimits } from './port.ts';
import { happened, journal, until } from './fixtures.ts';

/** A model whose answers each wait to be let go; `asked` is who asked, in order. */
function gatedModel() {
  const asked: string[] = [];
  const gates: Deferred<void>[] = [];
  const model = scriptedModel({
    answers: (request) => {
      asked.push(JSON.stringify(request.messages.at(-1)));
      const gate = deferred<void>();
      gates.push(gate);
      return [{ wait: gate.promise }, { text: 'done' }];
    },
  });
  /** Lets one answer go, once somebody has asked for it. */
  const next = async (): Promise<void> => {
    while (gates.length === 0) await setImmediate();
    gates.shift()?.resolve();
  };
  return { model, asked, next };
}

describe('turns that wait for a slot', () => {
  it('show their place in the list and in the row, until they have one', async () => {
    const { model, next } = gatedModel();
    await using test = await openTestHost({ model, limits: { turns: 1 } });
    const first = await test.session();
    const sessions = [first, await test.session(), await test.session()];
    for (const session of sessions) await session.send('go');
    const rows = async (): Promise<(number | undefined)[]> => {
      const page = await test.host.list({ limit: 10 });
      return sessions.map(({ id }) => page.sessions.find((row) => row.session === id)?.position);
    };
    await happened(first, 'step.started');
    expect(await rows()).toEqual([undefined, 1, 2]);
    expect(await sessions[2]?.summary()).toMatchObject({ status: 'running', position: 2 });
    await next();
    await sessions[0]?.settled();
    expect(await rows()).toEqual([undefined, undefined, 1]);
    await next();
    await sessions[1]?.settled();
    await next();
    await sessions[2]?.settled();
    expect(await rows()).toEqual([undefined, undefined, undefined]);
  });

  it('are served in turn: the second input of a session queues behind another session', async () => {
    const { model, asked, next } = gatedModel();
    await using test = await openTestHost({ model, limits: { turns: 1 } });
    const [busy, other] = [await test.session(), await test.session()];
    for (const text of ['busy 1', 'busy 2', 'busy 3']) await busy.send(text);
    await other.send('other 1');
    await happened(busy, 'step.started');
    for (let n = 0; n < 4; n++) await next();
    await busy.settled();
    expect(asked.map((text) => /(busy|other) \d/.exec(text)?.[0])).toEqual([
      'busy 1',
      'other 1',
      'busy 2',
      'busy 3',
    ]);
  });
});

describe('sessions that somebody looks at', () => {
  it('have a reserve, as long as somebody does', async () => {
    const { model, asked, next } = gatedModel();
    await using test = await openTestHost({ model, limits: { turns: 4, reservePercent: 50 } });
    const batch = [await test.session(), await test.session(), await test.session()];
    for (const session of batch) await session.send('batch');
    const looked = await test.session();
    const running = until(looked.run('person'), () => false);
    while (asked.length < 3) await setImmediate();
    expect(test.host.inspect()).toMatchObject({ turns: { inUse: 3, free: 1, waiting: 1 } });
    for (let n = 0; n < 3; n++) await next();
    await running;
    while (asked.length < 4) await setImmediate();
    await batch[0]?.send('batch');
    while (asked.length < 5) await setImmediate();
    await looked.send('nobody looks');
    while (test.host.inspect().turns.waiting === 0) await setImmediate();
    expect(test.host.inspect().turns).toMatchObject({ inUse: 2, free: 2, waiting: 1 });
    const watching = looked.settled();
    while (asked.length < 6) await setImmediate();
    expect(test.host.inspect().turns).toMatchObject({ inUse: 3, free: 1, waiting: 0 });
    for (let n = 0; n < 3; n++) await next();
    await watching;
    for (const session of batch) await session.settled();
  });
});

describe('calls that wait for a slot', () => {
  it('run when a tool is free, in turn, and are stopped by a cancel', async () => {
    const gates: Deferred<void>[] = [];
    const tool = testTool({
      name: 'slow',
      parallel: true,
      run: async () => {
        const gate = deferred<void>();
        gates.push(gate);
        await gate.promise;
        return { ok: true, text: 'ran' };
      },
    });
    await using test = await openTestHost({
      tools: [tool],
      limits: { toolsAtOnce: 2 },
      model: scriptedModel({
        answers: (request) =>
          request.messages.at(-1)?.role === 'tool'
            ? [{ text: 'done' }]
            : [1, 2, 3].map((n) => ({ call: 'slow', args: { n } })),
      }),
    });
    const [first, second] = [await test.session(), await test.session()];
    await first.send('go');
    while (gates.length < 2) await setImmediate();
    await second.send('go');
    while (test.host.inspect().calls.waiting < 4) await setImmediate();
    expect(test.host.inspect().calls).toMatchObject({ capacity: 2, inUse: 2, free: 0 });
    await second.cancel();
    expect(await second.settled()).toMatchObject({ lastOutcome: 'cancelled' });
    gates[0]?.resolve();
    while (gates.length < 3) await setImmediate();
    gates.forEach((gate) => gate.resolve());
    expect(await first.settled()).toMatchObject({ lastOutcome: 'completed' });
    const items = await until(second.follow(), ({ type }) => type === 'turn.finished');
    const ends = items.flatMap((item) => (item.type === 'tool.finished' ? [item.data.status] : []));
    expect(ends).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(test.host.inspect()).toMatchObject({ turns: { inUse: 0 }, calls: { inUse: 0, waiting: 0 } });
  });
});

describe('a provider that fails', () => {
  const DOWN = { fail: { message: 'no connection', retryable: true, data: { reason: 'connection' } } };

  it('is left alone by every session, without a hot loop, and is asked again by itself', async () => {
    let down = true;
    const model = scriptedModel({ answers: () => (down ? [DOWN] : [{ text: 'back' }]) });
    await using test = await openTestHost({ model });
    const sessions = await Promise.all([1, 2, 3, 4, 5].map(() => test.session()));
    for (const session of sessions) await session.send('go');
    await test.clock.advance(5_000);
    const asked = model.requests.length;
    expect(asked).toBeLessThanOrEqual(6);
    const { breaker } = test.host.inspect().providers['scripted'] ?? {};
    expect(breaker).toMatchObject({ state: 'open' });
    await test.clock.advance(20_000);
    expect(model.requests).toHaveLength(asked);
    expect(test.host.inspect().turns).toMatchObject({ inUse: 0, waiting: 0 });
    down = false;
    await test.clock.advance(60_000);
    const outcomes = await Promise.all(
      sessions.map(async (session) => (await session.settled()).lastOutcome),
    );
    expect(new Set(outcomes)).toEqual(new Set(['completed']));
    expect(test.host.inspect().providers['scripted']).toMatchObject({
      inUse: 0,
      breaker: { state: 'closed' },
    });
  });

  it('can be asked again before that by someone who knows better', async () => {
    let down = true;
    const model = scriptedModel({ answers: () => (down ? [DOWN] : [{ text: 'back' }]) });
    await using test = await openTestHost({ model });
    expect(() => test.host.resetBreaker('scripted')).toThrow('scripted');
    const [first, second] = [await test.session(), await test.session()];
    await first.send('go');
    await test.clock.advance(10_000);
    expect(await first.settled()).toMatchObject({
      lastOutcome: 'failed',
      error: { code: 'provider_failed' },
    });
    await second.send('go');
    await test.clock.advance(10_000);
    expect(test.host.inspect().providers['scripted']).toMatchObject({ breaker: { state: 'open' } });
    down = false;
    test.host.resetBreaker('scripted');
    await first.send('again');
    expect(await first.settled()).toMatchObject({ lastOutcome: 'completed' });
  });

  it('holds what its rate limits say for every session', async () => {
    const answers = scriptedModel({ answers: () => [{ text: 'done' }] });
    const said = { requests: { limit: 2, remaining: 0, resetMs: 20_000 } };
    const model: typeof answers = {
      ...answers,
      stream: (request, context) => {
        context.onLimits?.(said);
        return answers.stream(request, context);
      },
    };
    await using test = await openTestHost({ model });
    const [first, second] = [await test.session(), await test.session()];
    await first.send('go');
    await first.settled();
    await second.send('go');
    const settled = second.settled();
    await test.clock.advance(9_000);
    expect(answers.requests).toHaveLength(1);
    expect(test.host.inspect().providers['scripted']).toMatchObject({
      inUse: 0,
      requests: { limit: 2, left: 0 },
    });
    await test.clock.advance(1_000);
    expect(await settled).toMatchObject({ lastOutcome: 'completed' });
  });
});

describe('turns whose provider asked for a long pause', () => {
  const PAUSE_MS = 300_000;
  const BUSY = { message: 'too many', retryable: true, retryAfterMs: PAUSE_MS, data: { status: 429 } };

  /** A host of two turns at once, and three turns of a provider that asked for a pause just now. */
  async function paused(limits: Partial<HostLimits> = {}) {
    const model = scriptedModel({ answers: (_, n) => (n === 0 ? [{ fail: BUSY }] : [{ text: 'done' }]) });
    const test = await openTestHost({ model, limits: { turns: 2, reservePercent: 0, ...limits } });
    const told = await test.session();
    await told.send('go');
    await told.settled();
    const sessions = [await test.session(), await test.session(), await test.session()];
    for (const session of sessions) {
      await session.send('go');
      await happened(session, 'step.started');
    }
    await test.clock.advance(100);
    return { test, model, sessions };
  }

  it('hold no slot meanwhile, so that others work, and go on by themselves without a lost attempt', async () => {
    const { test, model, sessions } = await paused();
    await using _ = test;
    expect(test.host.inspect()).toMatchObject({
      turns: { inUse: 0, waiting: 0 },
      providers: { scripted: { inUse: 0, waiting: 0 } },
    });
    const other = await test.session({ change: { model: 'offline/practice' } });
    await other.send('go');
    const settled = other.settled();
    await test.clock.advance(60_000);
    expect(await settled).toMatchObject({ lastOutcome: 'completed' });
    expect(model.requests).toHaveLength(1);
    await test.clock.advance(PAUSE_MS);
    for (const session of sessions) {
      expect(await session.summary()).toMatchObject({ lastOutcome: 'completed' });
      const types = (await journal(test.store, session.id)).map(({ type }) => type);
      expect(types).not.toContain('step.retried');
    }
    expect(model.requests).toHaveLength(4);
    expect(test.host.inspect().turns).toMatchObject({ inUse: 0, free: 2, waiting: 0 });
  });

  it('are cancelled at once, and asked at once after a reset', async () => {
    const { test, model, sessions } = await paused();
    await using _ = test;
    await sessions[0]?.cancel();
    expect(await sessions[0]?.settled()).toMatchObject({ lastOutcome: 'cancelled' });
    test.host.resetBreaker('scripted');
    for (const session of sessions.slice(1))
      expect(await session.settled()).toMatchObject({ lastOutcome: 'completed' });
    expect(model.requests).toHaveLength(3);
  });

  it('go on waiting when they come again and find no place to wait for a slot', async () => {
    const { test, sessions } = await paused({ waitingTurns: 0 });
    await using _ = test;
    test.host.resetBreaker('scripted');
    await test.clock.advance(5_000);
    for (const session of sessions)
      expect(await session.summary()).toMatchObject({ lastOutcome: 'completed' });
    expect(test.faults.map(({ what }) => what)).toContain('a request waits for a free slot');
  });

  it('leave nothing behind when the host is closed', async () => {
    const { test } = await paused();
    await test[Symbol.asyncDispose]();
    expect(test.clock.pending).toBe(0);
  });
});

describe('a flood of creations', () => {
  it('of 10,000 at once makes each of them, and keeps no more live than may be', async () => {
    await using test = await openTestHost({ limits: { liveSessions: 100 } });
    const made = await Promise.all(Array.from({ length: 10_000 }, () => test.session()));
    expect(new Set(made.map(({ id }) => id)).size).toBe(10_000);
    expect(test.host.inspect().live).toBeLessThanOrEqual(100);
    const { sessions } = await test.host.list({ limit: 20_000 });
    expect(new Set(sessions.map(({ name }) => name)).size).toBe(10_000);
    expect(test.faults).toEqual([]);
  }, 120_000);
});
