// One session's trouble is its own: how it ends, how long it takes to end, what its journal holds.
import { describe, expect, it } from 'vitest';
import { invariant } from '../base/index.ts';
import type { SessionEvent } from '../protocol/index.ts';
import { scriptedModel } from '../model/index.ts';
import { createMemoryStore, memoryData, type MemoryData, type Store } from '../store/index.ts';
import { blockingTool, manualClock, openTestHost, testTool } from '../testing/index.ts';
import { happened, intercepted, journal, until } from './fixtures.ts';
import type { SessionHandle } from './port.ts';

const DONE = [{ text: ['done'] }];
const BLOCK = [{ call: 'block', args: {} }];

describe('a session that failed', () => {
  it('has as many restarts as any other once it is revived', async () => {
    let broken = 0;
    const inner = createMemoryStore();
    const store = intercepted(inner, {
      async append(groups) {
        const isOurs = groups.some(({ events }) => events.some(({ type }) => type === 'context.added'));
        invariant(!isOurs || broken-- <= 0, 'the test says so');
        return inner.append(groups);
      },
    });
    await using test = await openTestHost({ store });
    const session = await test.session();
    const crash = async (times: number): Promise<string> => {
      for (let n = 0; n < times; n++) {
        broken = 1;
        await expect(session.addContext('x')).rejects.toMatchObject({ code: 'internal' });
        await test.clock.advance(3_000);
      }
      return (await session.summary()).status;
    };
    expect(await crash(6)).toBe('failed');
    expect(await session.summary()).toMatchObject({
      error: { message: expect.stringContaining('the test says so') as string },
    });
    await session.command({ type: 'session/revive', id: 'cmd_r', by: { kind: 'user' } });
    expect(await crash(5)).toBe('idle');
    expect(await crash(1)).toBe('failed');
  });
});

describe('a tool that refuses to end', () => {
  it('holds up nobody but its own session', async () => {
    const tool = blockingTool({ deaf: true });
    const clock = manualClock();
    const model = scriptedModel({
      answers: ({ messages }) => (JSON.stringify(messages.at(-1)).includes('block') ? BLOCK : DONE),
    });
    const test = await openTestHost({ clock, tools: [tool], model, limits: { liveSessions: 3 } });
    const stuck = await test.session();
    await stuck.send('block');
    await tool.started();
    await stuck.cancel();
    // Nothing below moves the clock: whatever waited for the tool, or for a while, would not come to its end.
    const others: SessionHandle[] = [];
    for (let n = 0; n < 6; n++) others.push(await test.session());
    for (const other of others) {
      await until(other.run('go'), () => false);
      expect(await other.summary()).toMatchObject({ lastOutcome: 'completed' });
    }
    await test.host.erase(others[0]?.id ?? '');
    await others[1]?.command({ type: 'session/archive', id: 'cmd_a' });
    expect(await stuck.summary()).toMatchObject({ status: 'running' });

    let closed = false;
    const closing = test.host.close().then(() => (closed = true));
    await clock.advance(1_000);
    expect(closed).toBe(false);
    tool.release('at last');
    await closing;
    expect(clock.pending).toBe(0);
    await test[Symbol.asyncDispose]();
  });

  it('keeps its session from being taken up again before it has ended', async () => {
    const data = memoryData();
    const tool = blockingTool({ deaf: true });
    await using test = await openTestHost({
      store: createMemoryStore(data),
      tools: [tool],
      answers: [BLOCK, DONE],
    });
    const session = await test.session();
    await session.send('block');
    await tool.started();
    await createMemoryStore(data).claim('local', session.id);
    await expect(session.addContext('x')).rejects.toMatchObject({ code: 'conflict' });
    let answered = false;
    const asked = session.addContext('y').then(() => (answered = true));
    await test.clock.advance(1_000);
    expect(answered).toBe(false);
    tool.release('at last');
    await asked;
    expect(answered).toBe(true);
  });
});

/** Puts an event into the journal that no version of this program has written. */
async function poison(store: Store, session: string, event: object): Promise<void> {
  const { seq, fence } = await store.claim('local', session);
  const summary = await store.summary('local', session);
  invariant(summary !== undefined, 'the session is there');
  const poisoned = { session, seq: seq + 1, at: 1, v: 1, ...event } as unknown as SessionEvent;
  const group = { session, fence, expectedSeq: seq, appendId: 'app_poison', events: [poisoned] };
  const [result] = await store.append([{ ...group, summary: { ...summary, seq: seq + 1 } }]);
  expect(result).toMatchObject({ kind: 'accepted' });
}

const POISONS: readonly [what: string, event: object][] = [
  ['an event without its data', { type: 'session.configured' }],
  ['an input that says nothing', { type: 'input.accepted', data: null }],
  ['a profile without limits', { type: 'session.configured', data: { change: { limits: null } } }],
];

describe('a journal that cannot be folded', () => {
  it.each(POISONS)('with %s fails that session alone, and says where', async (_what, event) => {
    const data: MemoryData = memoryData();
    const first = await openTestHost({ store: createMemoryStore(data) });
    const { id } = await first.session();
    const { id: healthy } = await first.session();
    await first[Symbol.asyncDispose]();
    await poison(createMemoryStore(data), id, event);
    await using test = await openTestHost({
      store: createMemoryStore(data),
      answers: [DONE],
      recover: 'all',
    });
    const session = await test.host.session(id);
    for (let n = 0; n < 2; n++) {
      const refused = session.send('x');
      await expect(refused).rejects.toMatchObject({ code: 'store_corrupt', data: { session: id, seq: 2 } });
    }
    expect(await until(session.follow(), ({ seq }) => seq === 2)).toHaveLength(2);
    const other = await test.host.session(healthy);
    await until(other.run('go'), () => false);
    expect(await other.summary()).toMatchObject({ lastOutcome: 'completed' });
    expect(test.host.inspect()).toMatchObject({ live: 1, crashes: 0 });
  });

  it('is none for what a newer program wrote', async () => {
    const data = memoryData();
    const first = await openTestHost({ store: createMemoryStore(data) });
    const { id } = await first.session();
    await first[Symbol.asyncDispose]();
    await poison(createMemoryStore(data), id, { type: 'session.dreamt', data: { of: 'sheep' } });
    await using test = await openTestHost({ store: createMemoryStore(data), answers: [DONE] });
    const session = await test.host.session(id);
    await until(session.run('go'), () => false);
    expect(await session.summary()).toMatchObject({ lastOutcome: 'completed' });
  });

  it('with an event missing says which', async () => {
    const data = memoryData();
    const first = await openTestHost({ store: createMemoryStore(data) });
    const session = await first.session();
    for (let n = 0; n < 3; n++) await session.addContext(String(n));
    await first[Symbol.asyncDispose]();
    const inner = createMemoryStore(data);
    const store = intercepted(inner, {
      async read(owner, id, range) {
        const page = await inner.read(owner, id, range);
        return { ...page, events: page.events.filter(({ seq }) => seq !== 3) };
      },
    });
    await using test = await openTestHost({ store });
    const refused = (await test.host.session(session.id)).send('x');
    await expect(refused).rejects.toMatchObject({
      code: 'store_corrupt',
      message: expect.stringContaining('event 3 is missing') as string,
    });
  });
});

describe('a snapshot', () => {
  it('is written in the middle of a long turn too, so that taking it up reads little', async () => {
    const data = memoryData();
    const tool = testTool({ name: 'look', idempotent: true });
    const rounds = 400;
    const gate = Promise.withResolvers<void>();
    const model = scriptedModel({
      answers: (_request, n) =>
        n < rounds ? [{ call: 'look', args: {} }] : [{ text: [{ wait: gate.promise }] }],
    });
    const options = { tools: [tool], profile: { limits: { maxSteps: 1_000 } } };
    const first = await openTestHost({ ...options, store: createMemoryStore(data), model });
    const session = await first.session();
    await session.send('go');
    let steps = 0;
    await until(session.follow(), ({ type }) => type === 'step.started' && ++steps > rounds);
    await first[Symbol.asyncDispose]();
    const inner = createMemoryStore(data);
    const read: number[] = [];
    const store = intercepted(inner, {
      async read(owner, id, range) {
        const page = await inner.read(owner, id, range);
        read.push(page.events.length);
        return page;
      },
    });
    await using test = await openTestHost({ ...options, store, answers: [DONE], recover: 'used' });
    const before = (await journal(inner, session.id)).length;
    const again = await test.host.session(session.id);
    await again.cancel();
    expect(before).toBeGreaterThan(1_500);
    expect(read[0]).toBeLessThan(300);
    expect(await again.settled()).toMatchObject({ lastOutcome: 'cancelled' });
  });

  it('that is damaged costs the longer way, and nothing else', async () => {
    const data = memoryData();
    const first = await openTestHost({ store: createMemoryStore(data) });
    const session = await first.session();
    for (let n = 0; n < 300; n++) await session.addContext(String(n));
    const { messages } = await session.summary();
    await first[Symbol.asyncDispose]();
    const inner = createMemoryStore(data);
    const store = intercepted(inner, {
      async claim(owner, id) {
        const claim = await inner.claim(owner, id);
        const { snapshot } = claim;
        invariant(snapshot !== undefined, 'there is a snapshot after so many events');
        return { ...claim, snapshot: { ...snapshot, state: { session: id, seq: snapshot.seq } } };
      },
    });
    await using test = await openTestHost({ store, answers: [DONE] });
    const again = await test.host.session(session.id);
    await again.addContext('more');
    expect(await again.summary()).toMatchObject({ messages: messages + 1 });
    expect(test.faults.map(({ what }) => what)).toEqual([
      'a snapshot does not hold, and the journal is read from its start',
    ]);
  });
});

describe('sessions that run on start', () => {
  /** Five with an open turn; the named ones are marked, in this order. */
  async function left(marked: readonly number[]): Promise<{ data: MemoryData; ids: readonly string[] }> {
    const data = memoryData();
    await using test = await openTestHost({
      store: createMemoryStore(data),
      model: scriptedModel({ answers: () => [{ silence: true }] }),
    });
    const sessions = await Promise.all([0, 1, 2, 3, 4].map(() => test.session()));
    for (const session of sessions) await session.send('go');
    for (const n of marked) {
      await test.clock.advance(10);
      const change = { runOnStart: true };
      await sessions[n]?.command({ type: 'session/configure', id: `cmd_${String(n)}`, change });
    }
    return { data, ids: sessions.map(({ id }) => id) };
  }

  /** Which sessions were taken up, in their order. */
  async function takenUp(data: MemoryData, recover: 'all' | 'marked' | 'lazy'): Promise<readonly string[]> {
    const taken: string[] = [];
    const inner = createMemoryStore(data);
    const store = intercepted(inner, {
      claim: (owner, session) => {
        taken.push(session);
        return inner.claim(owner, session);
      },
    });
    await using _test = await openTestHost({ store, model: scriptedModel({ answers: () => DONE }), recover });
    return [...taken];
  }

  it('come back first, in the order of their marking', async () => {
    const { data, ids } = await left([3, 0, 4]);
    const [a, b, c, d, e] = ids;
    const taken = await takenUp(data, 'all');
    expect(taken.slice(0, 3)).toEqual([d, a, e]);
    expect(new Set(taken.slice(3))).toEqual(new Set([b, c]));
  });

  it('come back alone when that is what is asked', async () => {
    const { data, ids } = await left([3, 0]);
    expect(await takenUp(data, 'marked')).toEqual([ids[3], ids[0]]);
  });

  it('wait to be used otherwise', async () => {
    const { data } = await left([3, 0]);
    expect(await takenUp(data, 'lazy')).toEqual([]);
  });
});

it('takes up no more turns than get to work soon', async () => {
  const data = memoryData();
  const silent = scriptedModel({ answers: () => [{ silence: true }] });
  const open = 200;
  {
    await using first = await openTestHost({
      store: createMemoryStore(data),
      model: silent,
      limits: { turns: 500 },
    });
    const sessions = await Promise.all(Array.from({ length: open }, () => first.session()));
    await Promise.all(sessions.map((session) => session.send('go')));
  }
  await using test = await openTestHost({
    store: createMemoryStore(data),
    model: scriptedModel({ answers: () => DONE }),
    limits: { turns: 2 },
    recover: 'all',
  });
  expect(test.host.inspect().turns.waiting).toBeLessThan(130);
  const last = (await test.host.list({ limit: 1_000 })).sessions.map(({ session }) => session);
  const finished = Promise.all(
    last.map(async (id) => happened(await test.host.session(id), 'turn.finished')),
  );
  await test.clock.advance(20_000);
  await finished;
  const { sessions } = await test.host.list({ limit: 1_000 });
  expect(new Set(sessions.map(({ lastOutcome }) => lastOutcome))).toEqual(new Set(['completed']));
});
