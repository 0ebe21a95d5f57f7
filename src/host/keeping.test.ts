import { describe, expect, it } from 'vitest';
import { scriptedModel } from '../model/index.ts';
import type { SessionSummary } from '../protocol/index.ts';
import { createMemoryStore, memoryData } from '../store/index.ts';
import { blockingTool, openTestHost, testTool } from '../testing/index.ts';
import { checkList } from './index.ts';

const model = () => scriptedModel({ answers: () => [{ text: ['hello'] }] });

describe('erasing', () => {
  it('removes a session for good, and refuses while a turn is open', async () => {
    const tool = blockingTool();
    await using test = await openTestHost({ answers: [[{ call: 'block', args: {} }]], tools: [tool] });
    const session = await test.session({ name: 'gone' });
    await session.send('go');
    await tool.started();
    await expect(test.host.erase(session.id)).rejects.toMatchObject({ code: 'conflict' });
    await session.cancel();
    await session.settled();
    await test.host.erase(session.id);
    await expect(test.host.session(session.id)).rejects.toMatchObject({ code: 'not_found' });
    expect((await test.host.list({ limit: 10 })).sessions).toEqual([]);
    expect(await (await test.session({ name: 'gone' })).summary()).toMatchObject({
      status: 'idle',
      turns: 0,
    });
  });

  it('leaves nothing of a thousand sessions that came and went', async () => {
    await using test = await openTestHost({ model: model() });
    await Promise.all(
      Array.from({ length: 1_000 }, async () => {
        const session = await test.session();
        await test.host.erase(session.id);
      }),
    );
    expect(test.host.inspect()).toMatchObject({ live: 0, viewers: 0, turns: { inUse: 0, waiting: 0 } });
    expect((await test.host.list({ limit: 10 })).sessions).toEqual([]);
  });
});

describe('lists', () => {
  it('are what the journals say, and are mended when a session is opened', async () => {
    const data = memoryData();
    {
      await using test = await openTestHost({ store: createMemoryStore(data), model: model() });
      for (const name of ['a', 'b']) {
        const session = await test.session({ name });
        await session.send('hi');
        await session.settled();
      }
    }
    await using test = await openTestHost({ store: createMemoryStore(data), model: model() });
    expect(await checkList(test.store, 'local')).toEqual({ checked: 2, wrong: [] });
    const [row] = (await test.host.list({ limit: 1 })).sessions;
    if (row === undefined) throw new Error('no row');
    await test.store.putSummary({ ...row, turns: 99, status: 'failed' });
    expect((await checkList(test.store, 'local')).wrong).toEqual([row]);
    const session = await test.host.session(row.session);
    await session.addContext('something');
    expect(test.faults.map(({ what }) => what)).toEqual([
      'a list row was wrong, and is mended from its journal',
    ]);
    expect((await checkList(test.store, 'local')).wrong).toEqual([]);
  });

  it('of a version that counted no costs are made anew, and that is no fault', async () => {
    const data = memoryData();
    {
      await using test = await openTestHost({ store: createMemoryStore(data), model: model() });
      await (await test.session({ name: 'a' })).addContext('something');
      const [{ spending: _spending, ...old } = { spending: undefined }] = (await test.host.list({ limit: 1 }))
        .sessions;
      await test.store.putSummary(old as SessionSummary);
    }
    await using test = await openTestHost({ store: createMemoryStore(data), model: model() });
    const [row] = (await test.host.list({ limit: 1 })).sessions;
    expect(row?.spending).toBeUndefined();
    const session = await test.host.session(row?.session ?? '');
    await session.addContext('more');
    expect((await session.summary()).spending).toEqual({ cost: 0, unknown: 0 });
    expect(test.faults).toEqual([]);
  });
});

describe('a cursor', () => {
  it('names a place that a later reader goes on from', async () => {
    await using test = await openTestHost({ model: model() });
    const session = await test.session();
    await session.send('one');
    await session.settled();
    const cursor = await session.cursor();
    const { seq } = await session.summary();
    expect(cursor).toMatchObject({ seq, hash: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown });
    await session.send('two');
    for await (const item of session.follow({ cursor })) {
      expect(item.seq).toBe(seq + 1);
      break;
    }
    for await (const item of session.follow({ after: 2 })) {
      expect(item.seq).toBe(3);
      break;
    }
    await session.settled();
  });

  it('of time passes, and with it an approval', async () => {
    await using test = await openTestHost({
      answers: [[{ call: 'write', args: {} }], [{ text: 'ok' }]],
      tools: [testTool({ name: 'write', access: 'write' })],
      profile: { mode: 'ask', limits: { approvalMs: 60_000 } },
    });
    const session = await test.session();
    await session.send('write');
    await session.settled();
    const late = test.clock.advance(60_000).then(() => session.approve());
    await expect(late).rejects.toMatchObject({ code: 'conflict' });
    expect(await session.settled()).toMatchObject({ status: 'idle', lastOutcome: 'completed' });
  });
});
