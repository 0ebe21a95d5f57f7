// Families in which an actor dies of a bug, a child cannot begin, or its parent is put to sleep while it is made.
import { expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import { createMemoryStore, type Store } from '../store/index.ts';
import { blockingTool, testTool, type TestHost } from '../testing/index.ts';
import { family, openFamily as open, results, spawn } from './children.fixture.ts';
import { intercepted, journal, until } from './fixtures.ts';
import type { SessionHandle } from './port.ts';

/** A store that has bugs in it for appends of one session: as many as there are left. */
function buggy(): { readonly store: Store; readonly bugs: { session: string; left: number } } {
  const inner = createMemoryStore();
  const bugs = { session: '', left: 0 };
  const store = intercepted(inner, {
    async append(groups) {
      if (bugs.left > 0 && groups.some(({ session }) => session === bugs.session)) {
        bugs.left--;
        throw new TypeError('a bug');
      }
      return inner.append(groups);
    },
  });
  return { store, bugs };
}

async function childOf(test: TestHost, parent: SessionHandle): Promise<string> {
  const [row] = await test.host.children(parent.id);
  return row?.session ?? '';
}

it('cancels a child whose actor died with the cancel in its mailbox', async () => {
  const { store, bugs } = buggy();
  const tool = blockingTool();
  const plan = { go: [[spawn('dig')]], dig: [[{ call: 'block', args: {} }], [{ call: 'block', args: {} }]] };
  await using test = await open(plan, { store, tools: [tool] });
  const session = await test.session();
  await session.send('go');
  await tool.started();
  Object.assign(bugs, { session: await childOf(test, session), left: 1 });
  await session.cancel('enough');
  await test.clock.advance(20_000);
  expect(await session.settled()).toMatchObject({ lastOutcome: 'cancelled' });
  const [, child] = await family(test);
  expect(child).toMatchObject({ status: 'idle', lastOutcome: 'cancelled' });
  expect(await results(test, session.id)).toEqual([expect.stringMatching(/^cancelled: /)]);
});

it('stops what a child has spawned that fails for good', async () => {
  const { store, bugs } = buggy();
  const tool = blockingTool();
  const plan = { go: [[spawn('dig')]], dig: [[spawn('deep')]], deep: [[{ call: 'block', args: {} }]] };
  await using test = await open(plan, { store, tools: [tool] });
  const session = await test.session();
  await session.send('go');
  await tool.started();
  const child = await test.host.session(await childOf(test, session));
  Object.assign(bugs, { session: child.id, left: 6 });
  await expect(child.addContext('x')).rejects.toThrow('a bug');
  await test.clock.advance(120_000);
  const rows = await family(test);
  expect(rows.map(({ status }) => status)).toEqual(['idle', 'failed', 'idle']);
  expect(rows[2]).toMatchObject({ lastOutcome: 'cancelled' });
  expect(test.host.inspect().turns).toMatchObject({ inUse: 0, waiting: 0 });
});

it('hears of a child that could not begin', async () => {
  const plan = { go: [[spawn('dig', { profile: 'broke' })]] };
  await using test = await open(plan, {
    profiles: { broke: { budget: { turn: { steps: 0 } } } },
  });
  const session = await test.session();
  await session.send('go');
  await test.clock.advance(5_000);
  expect(await session.settled()).toMatchObject({ lastOutcome: 'completed' });
  expect(await results(test, session.id)).toEqual([expect.stringMatching(/^error: /)]);
});

it('makes a child once, though its parent was put to sleep in the middle of that', async () => {
  const inner = createMemoryStore();
  const gate = deferred<void>();
  const held = deferred<void>();
  let late = true;
  const store = intercepted(inner, {
    async append(groups) {
      const isBirth = groups.some(({ events }) =>
        events.some((event) => event.type === 'session.created' && event.data.parent !== undefined),
      );
      if (isBirth && late) {
        late = false;
        held.resolve();
        await gate.promise;
      }
      return inner.append(groups);
    },
  });
  let acts = 0;
  const wait = deferred<void>();
  const act = testTool({ name: 'act', access: 'write', run: () => String(++acts) });
  const plan = { go: [[spawn('dig')]], dig: [[{ wait: wait.promise }, { call: 'act', args: {} }]] };
  await using test = await open(plan, { store, tools: [act], limits: { asleepAfterMs: 1_000 } });
  const session = await test.session();
  await session.send('go');
  await held.promise;
  await test.clock.advance(60_000);
  await session.addContext('x');
  const child = await childOf(test, session);
  const seen = until((await test.host.session(child)).follow(), ({ type }) => type === 'turn.finished');
  gate.resolve();
  wait.resolve();
  await seen;
  await test.clock.advance(5_000);
  expect(acts).toBe(1);
  const calls = (await journal(inner, child)).filter(({ type }) => type === 'tool.started');
  expect(calls).toHaveLength(1);
  expect(await session.settled()).toMatchObject({ lastOutcome: 'completed' });
});
