// A bug kills one actor: it is recorded, the session goes on from its journal, and no other notices.
import { describe, expect, it } from 'vitest';
import { invariant } from '../base/index.ts';
import { scriptedModel } from '../model/index.ts';
import { createMemoryStore, type Store } from '../store/index.ts';
import { blockingTool, manualClock, openTestHost } from '../testing/index.ts';
import { happened, intercepted, journal, until } from './fixtures.ts';
import type { SessionHandle } from './port.ts';

const HELLO = [{ text: ['Hel', 'lo'] }];

interface Broken {
  readonly store: Store;
  /** The next append of this session breaks an invariant. */
  breakNext(session: string): void;
}

/** `takesEffect`: the events are in the journal all the same. */
function breakable(takesEffect = false): Broken {
  const inner = createMemoryStore();
  let broken = '';
  const store = intercepted(inner, {
    async append(groups) {
      if (groups[0]?.session !== broken) return inner.append(groups);
      broken = '';
      if (takesEffect) await inner.append(groups);
      invariant(false, 'the test says so');
    },
  });
  return { store, breakNext: (session) => (broken = session) };
}

const countOf = async (store: Store, session: SessionHandle, type: string): Promise<number> =>
  (await journal(store, session.id)).filter((event) => event.type === type).length;

describe('a session that crashes', () => {
  it.each([1, 2, 3, 4, 5, 6])('%i times in a minute is restarted five times, then failed', async (times) => {
    const { store, breakNext } = breakable();
    await using test = await openTestHost({ store, model: scriptedModel({ answers: () => HELLO }) });
    const [session, neighbour] = [await test.session(), await test.session()];
    const clean = await journal(store, neighbour.id);
    for (let n = 1; n <= times; n++) {
      breakNext(session.id);
      await expect(session.addContext('x')).rejects.toMatchObject({ code: 'internal' });
      await test.clock.advance(5_000);
    }
    const failed = times === 6;
    expect(await countOf(store, session, 'session.crashed')).toBe(failed ? 5 : times);
    expect(await countOf(store, session, 'session.failed')).toBe(failed ? 1 : 0);
    expect(await session.summary()).toMatchObject({ status: failed ? 'failed' : 'idle' });
    expect(test.host.inspect()).toMatchObject({ crashes: times, live: 2 });
    if (failed) {
      await expect(session.send('hi')).rejects.toMatchObject({ code: 'conflict' });
      await session.command({ type: 'session/revive', id: 'cmd_r', by: { kind: 'user' } });
    }
    await until(session.run('hi'), () => false);
    expect(await session.summary()).toMatchObject({ status: 'idle', lastOutcome: 'completed' });
    expect(await journal(store, neighbour.id)).toEqual(clean);
    await until(neighbour.run('hi'), () => false);
    expect(await neighbour.summary()).toMatchObject({ lastOutcome: 'completed' });
  });

  it('is restarted again once its crashes are a minute old', async () => {
    const { store, breakNext } = breakable();
    await using test = await openTestHost({ store });
    const session = await test.session();
    for (let n = 1; n <= 8; n++) {
      breakNext(session.id);
      await expect(session.addContext('x')).rejects.toMatchObject({ code: 'internal' });
      await test.clock.advance(15_000);
    }
    expect(await session.summary()).toMatchObject({ status: 'idle' });
  });

  it('in the middle of a tool runs nothing twice', async () => {
    const { store, breakNext } = breakable();
    const tool = blockingTool();
    let runs = 0;
    const counted = {
      ...tool,
      run: (...args: Parameters<typeof tool.run>) => {
        runs++;
        return tool.run(...args);
      },
    };
    await using test = await openTestHost({
      store,
      tools: [counted],
      answers: [[{ call: 'block', args: {} }], HELLO],
    });
    const session = await test.session();
    await session.send('go');
    await tool.started();
    breakNext(session.id);
    await expect(session.addContext('x')).rejects.toMatchObject({ code: 'internal' });
    const settled = session.settled();
    await test.clock.advance(5_000);
    expect(await settled).toMatchObject({ lastOutcome: 'completed' });
    expect(runs).toBe(1);
    expect((await journal(store, session.id)).find(({ type }) => type === 'tool.finished')).toMatchObject({
      data: { status: 'unknown' },
    });
    expect(test.host.inspect().turns).toMatchObject({ inUse: 0, free: 24, waiting: 0 });
  });

  it('is not restarted while a tool of its old life still runs', async () => {
    const { store, breakNext } = breakable();
    const tool = blockingTool({ deaf: true, idempotent: true });
    let running = 0;
    let most = 0;
    const counted = {
      ...tool,
      run: async (...args: Parameters<typeof tool.run>) => {
        most = Math.max(most, ++running);
        return tool.run(...args).finally(() => running--);
      },
    };
    await using test = await openTestHost({
      store,
      tools: [counted],
      answers: [[{ call: 'block', args: {} }], HELLO],
    });
    const session = await test.session();
    await session.send('go');
    await tool.started();
    breakNext(session.id);
    await expect(session.addContext('x')).rejects.toMatchObject({ code: 'internal' });
    const settled = session.settled();
    await test.clock.advance(2_000);
    tool.release('first');
    await test.clock.advance(2_000);
    await tool.started();
    tool.release('second');
    expect(await settled).toMatchObject({ lastOutcome: 'completed' });
    expect(most).toBe(1);
  });

  it('tells viewers and listeners also what was written as it crashed', async () => {
    const { store, breakNext } = breakable(true);
    await using test = await openTestHost({ store });
    const session = await test.session();
    const heard: number[] = [];
    using _listener = session.on('*', ({ seq }) => heard.push(seq));
    await session.addContext('first');
    const seen = until(session.follow(), (item) => item.type === 'session.crashed');
    breakNext(session.id);
    await expect(session.addContext('x')).rejects.toMatchObject({ code: 'internal' });
    await test.clock.advance(1_000);
    expect((await seen).map((item) => item.seq)).toEqual([1, 2, 3, 4]);
    expect(heard).toEqual([2, 3, 4]);
  });

  it('is told when it cannot be restarted, and tried again', async () => {
    const { store: inner, breakNext } = breakable();
    let refused = 2;
    const store = intercepted(inner, {
      async claim(owner, session) {
        if (refused-- > 0) throw Object.assign(new Error('disk'), { code: 'store_unavailable' });
        return inner.claim(owner, session);
      },
    });
    const tool = blockingTool({ idempotent: true });
    await using test = await openTestHost({
      store,
      tools: [tool],
      answers: [[{ call: 'block', args: {} }], HELLO],
    });
    const session = await test.session();
    await session.send('go');
    await tool.started();
    breakNext(session.id);
    await expect(session.addContext('x')).rejects.toMatchObject({ code: 'internal' });
    const recovered = happened(session, 'session.recovered');
    await test.clock.advance(30_000);
    await recovered;
    expect(test.faults.map(({ what }) => what)).toContain('a session could not be taken up');
  });

  it('does not hold up the host that closes', async () => {
    const { store, breakNext } = breakable();
    const test = await openTestHost({ store, clock: manualClock() });
    const session = await test.session();
    breakNext(session.id);
    await expect(session.addContext('x')).rejects.toMatchObject({ code: 'internal' });
    await test[Symbol.asyncDispose]();
    await expect(session.addContext('x')).rejects.toMatchObject({ code: 'cancelled' });
  });
});
