// Writes that took effect although they were reported as failed, and trouble in the middle of going to sleep, waking and erasing.
import { expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import { scriptedModel, type ScriptAnswer } from '../model/index.ts';
import { CarrelError } from '../protocol/index.ts';
import { createMemoryStore, memoryData, type AppendGroup, type Store } from '../store/index.ts';
import { openTestHost, testTool, type TestHost } from '../testing/index.ts';
import { happened, intercepted, journal, until } from './fixtures.ts';

const HELLO = [{ text: ['Hel', 'lo'] }];
const NEVER = new Promise<never>(() => undefined);
const unavailable = (): CarrelError => new CarrelError('store_unavailable', 'the test says so');

/** A store whose next append that is so is written, and reported as failed. */
function ambiguous(inner: Store, isSo: (group: AppendGroup) => boolean, armed: { is: boolean }): Store {
  return intercepted(inner, {
    async append(groups) {
      const results = await inner.append(groups);
      if (!armed.is || !groups.some(isSo)) return results;
      armed.is = false;
      throw unavailable();
    },
  });
}

/** A session that waits for an approval for a minute, and is asleep. */
async function asleepWaiting(store: Store): Promise<TestHost> {
  const test = await openTestHost({
    store,
    tools: [testTool({ name: 'w', access: 'write' })],
    model: scriptedModel({ answers: () => [{ call: 'w', args: {} }] }),
    profile: { mode: 'ask', limits: { approvalMs: 60_000 } },
    limits: { asleepAfterMs: 1_000 },
  });
  return test;
}

it('goes on with text of which nobody knew whether it was written', async () => {
  const inner = createMemoryStore();
  const armed = { is: false };
  const store = ambiguous(inner, ({ tail }) => tail !== undefined, armed);
  const rest = deferred<void>();
  const answer: ScriptAnswer = [{ text: 'one ' }, { wait: rest.promise }, { text: 'two' }];
  const model = scriptedModel({ answers: () => answer });
  await using test = await openTestHost({ store, model });
  const session = await test.session();
  const seen = until(session.follow(), ({ type }) => type === 'delta');
  await session.send('go');
  await seen;
  armed.is = true;
  await test.clock.advance(1_000);
  expect(armed.is).toBe(false);
  rest.resolve();
  await test.clock.advance(5_000);
  expect(await session.settled()).toMatchObject({ lastOutcome: 'completed' });
  expect(model.requests).toHaveLength(1);
});

it('writes a recovery once, though nobody knew whether it was written', async () => {
  const data = memoryData();
  const stuck: ScriptAnswer = [{ text: 'begun ' }, { wait: NEVER }];
  const first = await openTestHost({ store: createMemoryStore(data), answers: [stuck] });
  const { id } = await first.session();
  const session = await first.host.session(id);
  const seen = until(session.follow(), ({ type }) => type === 'delta');
  await session.send('go');
  await seen;
  await first.clock.advance(100);
  // The first host is left as it is, as if its process had died.
  const inner = createMemoryStore(data);
  const isRecovery = ({ events }: AppendGroup): boolean =>
    events.some(({ type }) => type === 'session.recovered');
  await using second = await openTestHost({
    store: ambiguous(inner, isRecovery, { is: true }),
    model: scriptedModel({ answers: () => HELLO }),
  });
  const settled = (await second.host.session(id)).settled();
  await second.clock.advance(3_000);
  await settled;
  const types = (await journal(inner, id)).map(({ type }) => type);
  expect(types.filter((type) => type === 'session.recovered')).toHaveLength(1);
  expect(types.filter((type) => type === 'text.ended')).toHaveLength(2);
});

it('tells the reader of a run why it could not begin, and nobody else', async () => {
  const inner = createMemoryStore();
  let damaged = false;
  const store = intercepted(inner, {
    async read(...args) {
      if (damaged) throw new CarrelError('store_corrupt', 'the test says so');
      return inner.read(...args);
    },
  });
  await using test = await openTestHost({ store, limits: { asleepAfterMs: 1_000 } });
  const session = await test.session();
  await test.clock.advance(3_000);
  damaged = true;
  await expect(until(session.run('hi'), () => false)).rejects.toMatchObject({ code: 'store_corrupt' });
  damaged = false;
});

it('ends a run when its session fails for good', async () => {
  const inner = createMemoryStore();
  let bugs = 0;
  const store = intercepted(inner, {
    async append(groups) {
      if (bugs-- > 0) throw new TypeError('a bug');
      return inner.append(groups);
    },
  });
  await using test = await openTestHost({
    store,
    model: scriptedModel({ answers: () => [{ text: 'a' }, { wait: NEVER }] }),
  });
  const session = await test.session();
  const seen = until(session.run('go'), () => false);
  await happened(session, 'step.started');
  // More than the restarts that it has.
  bugs = 6;
  await expect(session.addContext('x')).rejects.toThrow('a bug');
  await test.clock.advance(60_000);
  expect((await seen).at(-1)).toMatchObject({ type: 'session.failed' });
});

it.each(['release', 'claim'] as const)('wakes at its time though a %s failed before', async (method) => {
  const inner = createMemoryStore();
  let failing = false;
  const failOnce = (): void => {
    if (!failing) return;
    failing = false;
    throw unavailable();
  };
  const store = intercepted(inner, {
    async release(...args) {
      if (method === 'release') failOnce();
      return inner.release(...args);
    },
    async claim(...args) {
      if (method === 'claim') failOnce();
      return inner.claim(...args);
    },
  });
  await using test = await asleepWaiting(store);
  const session = await test.session();
  await session.send('go');
  await happened(session, 'approval.requested');
  failing = method === 'release';
  await test.clock.advance(3_000);
  expect(test.host.inspect().live).toBe(0);
  failing = method === 'claim';
  if (failing) await expect(session.addContext('x')).rejects.toMatchObject({ code: 'store_unavailable' });
  await test.clock.advance(70_000);
  const types = (await journal(inner, session.id)).map(({ type }) => type);
  expect(types).toContain('approval.expired');
});

it('refuses an id that was used for another session', async () => {
  await using test = await openTestHost({ model: scriptedModel({ answers: () => HELLO }) });
  const first = await test.session();
  const second = await test.session();
  await first.send('nightly', { id: 'cmd_1' });
  await expect(second.send('nightly', { id: 'cmd_1' })).rejects.toMatchObject({ code: 'conflict' });
});

it('erases no session whose input was accepted meanwhile', async () => {
  const inner = createMemoryStore();
  const gate = deferred<void>();
  const asked = deferred<void>();
  let slow = false;
  const store = intercepted(inner, {
    async append(groups) {
      if (slow) {
        asked.resolve();
        await gate.promise;
      }
      return inner.append(groups);
    },
  });
  await using test = await openTestHost({
    store,
    model: scriptedModel({ answers: () => [{ wait: NEVER }] }),
  });
  const session = await test.session();
  slow = true;
  const sent = session.send('go');
  await asked.promise;
  const erased = test.host.erase(session.id);
  gate.resolve();
  await sent;
  await expect(erased).rejects.toMatchObject({ code: 'conflict' });
  expect((await session.summary()).status).toBe('running');
});

it('ends for who follows a session that is erased', async () => {
  await using test = await openTestHost();
  const session = await test.session();
  const seen = until(session.follow(), () => false);
  await happened(session, 'session.created');
  await test.host.erase(session.id);
  expect((await seen).map(({ type }) => type)).toEqual(['session.created']);
  expect(test.host.inspect().viewers).toBe(0);
});

it('cancels a turn while the texts of the next cannot be written', async () => {
  const inner = createMemoryStore();
  let failing = false;
  const store = intercepted(inner, {
    async putBlob(bytes) {
      if (failing) throw unavailable();
      return inner.putBlob(bytes);
    },
  });
  await using test = await openTestHost({
    store,
    model: scriptedModel({ answers: () => [{ wait: NEVER }] }),
  });
  const other = await test.session();
  const session = await test.session();
  await session.send('go');
  failing = true;
  await test.host.erase(other.id);
  await session.cancel();
  expect(await session.settled()).toMatchObject({ lastOutcome: 'cancelled' });
});

it('waits for a journal that cannot be read, and runs the call all the same', async () => {
  const data = memoryData();
  const gate = deferred<void>();
  const tool = testTool({ name: 'w', access: 'write' });
  const setting = { tools: [tool], profile: { mode: 'ask' as const } };
  const first = await openTestHost({
    ...setting,
    store: createMemoryStore(data),
    answers: [[{ call: 'w', args: {} }]],
  });
  const { id } = await first.session();
  const asking = await first.host.session(id);
  await asking.send('go');
  await happened(asking, 'approval.requested');
  await first[Symbol.asyncDispose]();
  const inner = createMemoryStore(data);
  let failing = false;
  const store = intercepted(inner, {
    async read(...args) {
      if (failing) {
        gate.resolve();
        throw unavailable();
      }
      return inner.read(...args);
    },
  });
  await using second = await openTestHost({
    ...setting,
    store,
    model: scriptedModel({ answers: () => HELLO }),
  });
  const session = await second.host.session(id);
  const on = session.on('tool.started', () => (failing = true));
  await session.approve();
  await gate.promise;
  failing = false;
  on[Symbol.dispose]();
  await second.clock.advance(2_000);
  await session.settled();
  const finished = (await journal(inner, id)).find(({ type }) => type === 'tool.finished');
  expect(finished?.data).toMatchObject({ status: 'ok' });
});
