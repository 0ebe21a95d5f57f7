// A store that cannot write or read for a while: nobody waits for nothing, nothing is lost, nothing is done twice.
import { describe, expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import { scriptedModel } from '../model/index.ts';
import { CarrelError } from '../protocol/index.ts';
import { createMemoryStore, type Store } from '../store/index.ts';
import { blockingTool, faultyStore, openTestHost, testTool } from '../testing/index.ts';
import { happened, intercepted, journal, until } from './fixtures.ts';

const HELLO = [{ text: ['Hel', 'lo'] }];
const NEVER = (): boolean => false;

interface Trouble {
  readonly store: Store;
  readonly inner: Store;
  readonly plan: {
    write: 'works' | 'fails' | 'works, and fails';
    read: 'works' | 'fails';
    code: 'store_unavailable' | 'overloaded';
  };
}

function troubled(): Trouble {
  const inner = createMemoryStore();
  const plan: Trouble['plan'] = { write: 'works', read: 'works', code: 'store_unavailable' };
  const error = (): CarrelError => new CarrelError(plan.code, 'the test says so');
  const store = intercepted(inner, {
    async append(groups) {
      const { write } = plan;
      if (write === 'works') return inner.append(groups);
      if (write === 'works, and fails') await inner.append(groups);
      throw error();
    },
    async read(...args) {
      if (plan.read === 'fails') throw error();
      return inner.read(...args);
    },
  });
  return { store, inner, plan };
}

describe('a store in trouble', () => {
  it('answers a cancel at once, however long it has been in trouble, and takes it as soon as it can', async () => {
    const { store, plan } = troubled();
    const tool = blockingTool();
    await using test = await openTestHost({ store, tools: [tool], answers: [[{ call: 'block', args: {} }]] });
    const session = await test.session();
    await session.send('go');
    await tool.started();
    plan.write = 'fails';
    for (let n = 0; n < 5; n++)
      await expect(session.cancel()).rejects.toMatchObject({ code: 'store_unavailable' });
    plan.write = 'works';
    await session.cancel();
    expect(await session.settled()).toMatchObject({ lastOutcome: 'cancelled' });
  });

  it.each(['store_unavailable', 'overloaded'] as const)(
    'with %s loses no result, though reading fails too',
    async (code) => {
      const { store, inner, plan } = troubled();
      plan.code = code;
      let runs = 0;
      const gate = deferred<void>();
      const tool = testTool({
        name: 'once',
        access: 'write',
        run: async () => {
          runs++;
          await gate.promise;
          return 'done';
        },
      });
      await using test = await openTestHost({
        store,
        tools: [tool],
        answers: [[{ call: 'once', args: {} }], HELLO],
      });
      const session = await test.session();
      await session.send('go');
      await happened(session, 'tool.started');
      plan.write = 'fails';
      plan.read = 'fails';
      gate.resolve();
      await test.clock.advance(10_000);
      expect(test.host.inspect().crashes).toBe(0);
      plan.write = 'works';
      plan.read = 'works';
      const settled = session.settled();
      await test.clock.advance(5_000);
      expect(await settled).toMatchObject({ lastOutcome: 'completed' });
      expect(runs).toBe(1);
      expect((await journal(inner, session.id)).filter(({ type }) => type === 'tool.finished')).toMatchObject(
        [{ data: { status: 'ok' } }],
      );
    },
  );

  it('that wrote and did not say so gives the stored answer, once the state is readable', async () => {
    const { store, inner, plan } = troubled();
    await using test = await openTestHost({ store, model: scriptedModel({ answers: () => HELLO }) });
    const session = await test.session();
    const seen = until(session.follow(), ({ type }) => type === 'turn.finished');
    plan.write = 'works, and fails';
    const reply = await session.send('hi', { id: 'cmd_1' });
    expect((await session.summary()).seq).toBeGreaterThanOrEqual(reply.seq);
    plan.write = 'works';
    await test.clock.advance(5_000);
    expect(await session.settled()).toMatchObject({ lastOutcome: 'completed', turns: 1 });
    const seqs = (await seen).flatMap((item) => (item.type === 'delta' ? [] : [item.seq]));
    expect(seqs).toEqual((await journal(inner, session.id)).map(({ seq }) => seq));
  });
});

describe('commands that were sent together', () => {
  it('keep their order behind one that is a repeat, and behind a name that is taken', async () => {
    await using test = await openTestHost({ answers: [] });
    const [session] = [await test.session({ name: 'mine' }), await test.session({ name: 'other' })];
    const add = (text: string, id: string) =>
      session.command({ type: 'context/add', id, text, role: 'user' });
    const first = await add('0', 'cmd_0');
    const together = [
      add('1', 'cmd_1'),
      add('0', 'cmd_0'),
      session.command({ type: 'session/rename', id: 'cmd_n', name: 'other' }),
      add('2', 'cmd_2'),
      add('3', 'cmd_3'),
    ];
    const later = Promise.resolve().then(() => [add('4', 'cmd_4'), add('5', 'cmd_5')]);
    const results = await Promise.allSettled([...together, ...(await later)]);
    expect(results[1]).toEqual({ status: 'fulfilled', value: first });
    expect(results[2]).toMatchObject({ status: 'rejected', reason: { code: 'already_exists' } });
    const texts = (await journal(test.store, session.id)).flatMap((event) =>
      event.type === 'context.added' ? [event.data.text] : [],
    );
    expect(texts).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(test.faults).toEqual([]);
  });
});

describe('a session that another host claims', () => {
  it('is given up by this one, which answers, and takes it again when it is asked', async () => {
    await using test = await openTestHost({ model: scriptedModel({ answers: () => HELLO }) });
    const session = await test.session();
    await test.store.claim('local', session.id);
    await expect(session.addContext('x')).rejects.toMatchObject({ code: 'conflict' });
    expect(test.faults.map(({ what }) => what)).toEqual(['a session was given up']);
    await test.clock.advance(10_000);
    expect(test.host.inspect()).toMatchObject({ live: 0, crashes: 0 });
    await until(session.run('hi'), NEVER);
    expect(await session.summary()).toMatchObject({ lastOutcome: 'completed' });
  });
});

it('has a dead store refuse everything, and closes all the same', async () => {
  const store = faultyStore(createMemoryStore(), { at: 3, fault: 'cut' });
  const test = await openTestHost({ store, answers: [[{ silence: true }]], recover: 'used' });
  const session = await test.session();
  const sent = session.send('go').then(
    () => 'taken',
    () => 'refused',
  );
  await store.dead;
  expect(['taken', 'refused']).toContain(await sent);
  await expect(session.addContext('x')).rejects.toMatchObject({ code: 'store_unavailable' });
  await test[Symbol.asyncDispose]();
  expect(test.clock.pending).toBe(0);
});
