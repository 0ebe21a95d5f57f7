// What a program, a model or a tool does wrong hurts nobody but itself.
import { describe, expect, it } from 'vitest';
import { tmpdir } from 'node:os';
import { deferred, systemClock } from '../base/index.ts';
import { DEFAULT_SESSION_LIMITS } from '../config/index.ts';
import { createModels, scriptedModel } from '../model/index.ts';
import type { ViewItem } from '../protocol/index.ts';
import { createMemoryStore, memoryData } from '../store/index.ts';
import { createTools } from '../tool/index.ts';
import { blockingTool, faultyStore, openTestHost, testTool } from '../testing/index.ts';
import { intercepted, journal, until } from './fixtures.ts';
import { openHost } from './host.ts';

const HELLO = [{ text: ['Hel', 'lo'] }];
const NEVER = (): boolean => false;

describe('a program', () => {
  it('may listen asynchronously: what its listener rejects with is counted, nothing more', async () => {
    await using test = await openTestHost({ answers: [HELLO] });
    const session = await test.session();
    session.on('turn.started', async () => Promise.reject(new Error('later')));
    await until(session.run('hi'), NEVER);
    expect(test.host.inspect().listenerFaults).toBe(1);
  });

  it('may send from its listener, and finds the state that its event led to', async () => {
    await using test = await openTestHost({ model: scriptedModel({ answers: () => HELLO }) });
    const session = await test.session();
    const seqs: [number, Promise<number>][] = [];
    session.on('*', ({ seq }) => seqs.push([seq, session.summary().then((row) => row.seq)]));
    session.on('turn.finished', async () => {
      if (seqs.length < 20) await session.send('again');
    });
    await session.send('hi');
    while ((await session.settled()).turns < 3) await new Promise(setImmediate);
    for (const [seq, known] of seqs) expect(await known).toBeGreaterThanOrEqual(seq);
    expect(test.faults).toEqual([]);
  });

  it('that throws when it is told of a fault disturbs no session', async () => {
    const store = faultyStore(createMemoryStore(), { at: 2, fault: 'fail', methods: ['append'] });
    const model = scriptedModel({ answers: [HELLO] });
    const profile = {
      prompt: '',
      mode: 'full' as const,
      recovery: 'continue' as const,
      continueOnLength: false,
      haltOnDenied: false,
      name: 'default',
      model: model.id,
      tools: [],
      deny: { tools: [], paths: [] },
      limits: DEFAULT_SESSION_LIMITS,
    };
    await using host = await openHost({
      store,
      models: createModels({ providers: [], models: [model], clock: systemClock }),
      tools: createTools([]),
      profiles: new Map([['default', profile]]),
      onFault: () => {
        throw new Error('told');
      },
    });
    const session = await host.create({ folder: tmpdir() });
    await expect(session.addContext('x')).rejects.toMatchObject({ code: 'store_unavailable' });
    await until(session.run('hi'), NEVER);
    expect(host.inspect()).toMatchObject({ crashes: 0, listenerFaults: 1 });
  });

  it('may run the same command again: it sees what became of it', async () => {
    await using test = await openTestHost({ model: scriptedModel({ answers: () => HELLO }) });
    const session = await test.session();
    const events = (items: readonly ViewItem[]) => items.filter(({ type }) => type !== 'delta');
    const first = events(await until(session.run('hi', { id: 'cmd_1' }), NEVER));
    expect(events(await until(session.run('hi', { id: 'cmd_1' }), NEVER))).toEqual(first);
    await until(session.run('more'), NEVER);
    expect(events(await until(session.run('hi', { id: 'cmd_1' }), NEVER))).toEqual(first);
    expect(test.model.requests).toHaveLength(2);
  });
});

describe('a model', () => {
  it('that calls a tool in a turn without tools runs nothing', async () => {
    let runs = 0;
    const tool = testTool({ name: 'look', run: () => String(++runs) });
    await using test = await openTestHost({ tools: [tool], answers: [[{ call: 'look', args: {} }], HELLO] });
    const session = await test.session();
    const items = await until(session.run('hi', { without: ['tools'] }), NEVER);
    expect(items.find(({ type }) => type === 'tool.finished')).toMatchObject({
      data: { status: 'error', error: { code: 'not_found' } },
    });
    expect(runs).toBe(0);
  });

  it('that was cancelled before it was asked, and is deaf, holds up no turn', async () => {
    const [reading, read] = [deferred<void>(), deferred<void>()];
    const inner = createMemoryStore();
    const store = intercepted(inner, {
      async read(...args) {
        reading.resolve();
        await read.promise;
        return inner.read(...args);
      },
    });
    const never = { next: () => new Promise<never>(() => undefined) };
    const deaf = {
      ...scriptedModel({ answers: [] }),
      stream: () => ({ [Symbol.asyncIterator]: () => never }),
    };
    await using test = await openTestHost({ store, model: deaf });
    const session = await test.session();
    for (let n = 0; n < 40; n++) await session.addContext('so much that it must be read');
    await session.send('go');
    await reading.promise;
    await session.cancel();
    read.resolve();
    const settled = session.settled();
    await test.clock.advance(5_000);
    expect(await settled).toMatchObject({ lastOutcome: 'cancelled' });
  });
});

describe('erasing a session', () => {
  it('leaves the texts that others are about to name', async () => {
    const data = memoryData();
    {
      await using test = await openTestHost({
        store: createMemoryStore(data),
        model: scriptedModel({ answers: () => HELLO }),
      });
      const [gone, kept] = [await test.session(), await test.session({ name: 'kept' })];
      await kept.addContext('a fact');
      await until(gone.run('hi'), NEVER);
      await test.host.erase(gone.id);
      await until(kept.run('hi'), NEVER);
    }
    await using test = await openTestHost({
      store: createMemoryStore(data),
      model: scriptedModel({ answers: () => HELLO }),
    });
    const [row] = (await test.host.list({ limit: 1 })).sessions;
    const events = await journal(test.store, row?.session ?? '');
    const prompts = events.flatMap((event) =>
      event.type === 'turn.started' ? [event.data.frame.prompt] : [],
    );
    expect(prompts).toHaveLength(1);
    expect(await test.store.getBlob(prompts[0] ?? '')).toBeDefined();
  });

  it('either takes an input that comes meanwhile and stays, or refuses it and is gone', async () => {
    const tool = blockingTool();
    await using test = await openTestHost({ tools: [tool], answers: [[{ call: 'block', args: {} }]] });
    const session = await test.session();
    const erased = test.host.erase(session.id);
    const sent = session.send('go').then(
      () => 'taken',
      (error: unknown) => (error as { code: string }).code,
    );
    await erased.catch(() => undefined);
    await sent;
    const exists = await test.host.session(session.id).then(
      () => true,
      () => false,
    );
    expect([
      ['taken', true],
      ['not_found', false],
    ]).toContainEqual([await sent, exists]);
  });
});
