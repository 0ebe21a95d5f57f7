import { describe, expect, it } from 'vitest';
import { scriptedModel } from '../model/index.ts';
import type { SessionEvent, ViewItem } from '../protocol/index.ts';
import { createMemoryStore } from '../store/index.ts';
import { blockingTool, faultyStore, openTestHost, testTool, throwingTool } from '../testing/index.ts';

const HELLO = [{ text: ['Hel', 'lo'] }];

async function collect(
  items: AsyncIterable<ViewItem>,
  until: (item: ViewItem) => boolean,
): Promise<ViewItem[]> {
  const seen: ViewItem[] = [];
  for await (const item of items) {
    seen.push(item);
    if (until(item)) break;
  }
  return seen;
}

const isEnd = (item: ViewItem): boolean => item.type === 'turn.finished';

describe('creating', () => {
  it('gives one session to a thousand concurrent creates with one key', async () => {
    await using test = await openTestHost({ answers: [HELLO] });
    const handles = await Promise.all(
      Array.from({ length: 1_000 }, () => test.session({ key: 'one', title: 'the one' })),
    );
    expect(new Set(handles.map(({ id }) => id)).size).toBe(1);
    const page = await test.host.list({ limit: 10 });
    expect(page.sessions).toHaveLength(1);
    expect(page.sessions[0]).toMatchObject({ title: 'the one', status: 'idle' });
    await expect(test.session({ key: 'one', title: 'another' })).rejects.toMatchObject({ code: 'conflict' });
  });

  it.each([
    [{ name: '12345' }, 'invalid_params'],
    [{ name: 'a b' }, 'invalid_params'],
    [{ name: 'x'.repeat(65) }, 'invalid_params'],
    [{ profile: 'none' }, 'not_found'],
    [{ folder: 'relative' }, 'invalid_params'],
    [{ folder: '/does/not/exist' }, 'invalid_params'],
    [{ change: { tools: ['hammer'] } }, 'invalid_params'],
    [{ change: { model: 'nobody/nothing' } }, 'model_unavailable'],
  ])('refuses %j with %s, and leaves nothing behind', async (options, code) => {
    await using test = await openTestHost();
    await expect(test.session(options)).rejects.toMatchObject({ code });
    expect((await test.host.list({ limit: 10 })).sessions).toEqual([]);
  });

  it('refuses a name that is taken in the folder, and generates free ones', async () => {
    await using test = await openTestHost();
    await test.session({ name: 'mine' });
    await expect(test.session({ name: 'mine' })).rejects.toMatchObject({ code: 'already_exists' });
    const names = await Promise.all(
      Array.from({ length: 200 }, async () => (await (await test.session()).summary()).name),
    );
    expect(new Set(names).size).toBe(200);
  });

  it('does many mixed things at once without getting stuck', async () => {
    await using test = await openTestHost({
      model: scriptedModel({ answers: () => HELLO }),
      limits: { turns: 3, requestsPerProvider: 2 },
    });
    const sessions = await Promise.all(Array.from({ length: 10 }, () => test.session()));
    const mixed = Array.from({ length: 100 }, (_, n) => {
      const session = sessions[n % 10];
      if (session === undefined) throw new Error('no session');
      if (n % 5 === 4) return session.cancel().catch(() => undefined);
      if (n % 5 === 3) return session.addContext(`fact ${String(n)}`);
      return n % 5 === 2 ? session.summary() : session.send(`do ${String(n)}`);
    });
    await Promise.all(mixed);
    await Promise.all(sessions.map((session) => session.settled()));
    expect(test.host.inspect()).toMatchObject({
      turns: { inUse: 0, free: 3, waiting: 0 },
      providers: { scripted: { inUse: 0, free: 2 } },
    });
    expect(test.faults).toEqual([]);
  });
});

describe('sending', () => {
  it('answers the same id once, whatever happens in between', async () => {
    await using test = await openTestHost({ answers: [HELLO, HELLO] });
    const session = await test.session();
    const first = await session.send('hi', { id: 'cmd_1' });
    await session.settled();
    expect(await session.send('hi', { id: 'cmd_1' })).toEqual(first);
    await expect(session.send('ho', { id: 'cmd_1' })).rejects.toMatchObject({ code: 'conflict' });
    expect(test.model.requests).toHaveLength(1);
    const cancelled = { type: 'turn/cancel', id: 'cmd_2', by: { kind: 'user' } } as const;
    await expect(session.command(cancelled)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('gives a repeated cancel its stored reply, even after the turn', async () => {
    const tool = blockingTool();
    await using test = await openTestHost({ answers: [[{ call: 'block', args: {} }]], tools: [tool] });
    const session = await test.session();
    await session.send('block');
    await tool.started();
    const cancel = { type: 'turn/cancel', id: 'cmd_c', by: { kind: 'user' } } as const;
    const reply = await session.command(cancel);
    await session.settled();
    expect(await session.command(cancel)).toEqual(reply);
  });

  it('refuses more inputs than the queue holds, and an empty one', async () => {
    const gate = Promise.withResolvers<void>();
    await using test = await openTestHost({
      model: scriptedModel({ answers: () => [{ text: ['a', { wait: gate.promise }] }] }),
      profile: { limits: { queuedInputs: 2 } },
    });
    const session = await test.session();
    await expect(session.send('  ')).rejects.toMatchObject({ code: 'invalid_params' });
    await session.send('1');
    await session.send('2');
    await session.send('3');
    await expect(session.send('4')).rejects.toMatchObject({ code: 'limit_reached' });
    gate.resolve();
    expect(await session.settled()).toMatchObject({ turns: 3, queued: 0 });
  });

  it('refuses with `overloaded` what could not even wait for a slot', async () => {
    const gate = Promise.withResolvers<void>();
    await using test = await openTestHost({
      model: scriptedModel({ answers: () => [{ text: ['a', { wait: gate.promise }] }] }),
      limits: { turns: 1, waitingTurns: 1 },
    });
    const [a, b, c] = [await test.session(), await test.session(), await test.session()];
    await a.send('1');
    await b.send('2');
    await expect(c.send('3')).rejects.toMatchObject({
      code: 'overloaded',
      data: { level: 'host', capacity: 1 },
    });
    expect(test.host.inspect().turns).toMatchObject({ inUse: 1, free: 0, waiting: 1 });
    gate.resolve();
    await Promise.all([a.settled(), b.settled()]);
    expect(test.host.inspect().turns).toMatchObject({ inUse: 0, free: 1, waiting: 0 });
  });
});

describe('following', () => {
  it('sees every event once, in order, from any cursor, and every delta of what streams', async () => {
    const gate = Promise.withResolvers<void>();
    await using test = await openTestHost({
      answers: [[{ text: ['one ', 'two ', { wait: gate.promise }, 'three'] }]],
    });
    const session = await test.session();
    const early = collect(session.follow(), isEnd);
    await session.send('count');
    await collect(session.follow(), (item) => item.type === 'delta' && item.text.endsWith('two '));
    const late = collect(session.follow(), isEnd);
    gate.resolve();
    for (const items of [await early, await late]) {
      const events = items.filter((item) => item.type !== 'delta');
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      const text = items.flatMap((item) => (item.type === 'delta' ? [item.text] : [])).join('');
      expect('one two three').toContain(text);
      expect(text).toMatch(/^one two /);
    }
  });

  it('refuses a cursor of another journal, and names the last common place', async () => {
    await using test = await openTestHost({ answers: [HELLO] });
    const session = await test.session();
    const bad = session.follow({ cursor: { seq: 1, hash: '0123456789abcdef' } })[Symbol.asyncIterator]();
    await expect(bad.next()).rejects.toMatchObject({ code: 'cursor_invalid', data: { common: 0 } });
  });

  it('lets a viewer that does not read fall behind, and catch up from the store', async () => {
    const long = 'x'.repeat(100_000);
    await using test = await openTestHost({
      model: scriptedModel({ answers: () => [{ text: [long, long, long, long, long, long] }] }),
    });
    const session = await test.session();
    const slow = session.follow()[Symbol.asyncIterator]();
    await slow.next();
    for (let n = 0; n < 3; n++) {
      await session.send(`say ${String(n)}`);
      await session.settled();
    }
    const { seq: head } = await session.summary();
    const seqs = [1];
    while (seqs.at(-1) !== head) {
      const { value } = (await slow.next()) as { value: ViewItem };
      if (value.type !== 'delta') seqs.push(value.seq);
    }
    expect(seqs).toEqual(Array.from({ length: head }, (_, index) => index + 1));
    await slow.return?.(undefined);
    expect(test.host.inspect().viewers).toBe(0);
  });

  it('isolates a listener that throws, and counts it', async () => {
    await using test = await openTestHost({ answers: [HELLO] });
    const session = await test.session();
    const heard: SessionEvent[] = [];
    session.on('turn.started', () => {
      throw new Error('listener');
    });
    using _listener = session.on('*', (event) => heard.push(event));
    await collect(session.run('hi'), () => false);
    expect(heard.at(-1)?.type).toBe('turn.finished');
    expect(test.host.inspect().listenerFaults).toBe(1);
  });
});

describe('tools', () => {
  it('records what a tool throws, and goes on', async () => {
    await using test = await openTestHost({
      answers: [[{ call: 'throw', args: {} }], HELLO],
      tools: [{ ...throwingTool(), name: 'throw' }],
    });
    const session = await test.session();
    const items = await collect(session.run('go'), () => false);
    const finished = items.find((item) => item.type === 'tool.finished');
    expect(finished).toMatchObject({ data: { status: 'error', error: { code: 'tool_failed' } } });
    expect(items.at(-1)).toMatchObject({ data: { outcome: 'completed' } });
  });

  it('stops a tool at its deadline', async () => {
    const tool = { ...blockingTool(), timeoutMs: 500 };
    await using test = await openTestHost({ answers: [[{ call: 'block', args: {} }], HELLO], tools: [tool] });
    const session = await test.session();
    await session.send('block');
    await tool.started();
    const items = collect(session.follow(), isEnd);
    await test.clock.advance(500);
    expect((await items).find((item) => item.type === 'tool.finished')).toMatchObject({
      data: { status: 'timeout' },
    });
  });

  it('keeps a large output in a blob and shows the model its two ends', async () => {
    const text = `begin${'é'.repeat(100_000)}end`;
    await using test = await openTestHost({
      answers: [[{ call: 'flood', args: {} }], HELLO],
      tools: [testTool({ name: 'flood', run: () => text })],
    });
    const session = await test.session();
    const items = await collect(session.run('flood'), () => false);
    const finished = items.find((item) => item.type === 'tool.finished');
    if (finished?.type !== 'tool.finished') throw new Error('no result');
    const { output } = finished.data;
    expect(Buffer.byteLength(output.text)).toBeLessThanOrEqual(16 * 1024);
    expect(output).toMatchObject({ bytes: Buffer.byteLength(text), cut: true });
    expect(output.text.startsWith('begin') && output.text.endsWith('end')).toBe(true);
    expect(Buffer.from((await test.store.getBlob(output.blob ?? '')) ?? []).toString()).toBe(text);
  });
});

describe('a store that cannot write', () => {
  it('takes no input, starts no tool, and goes on by itself once it can', async () => {
    const tool = blockingTool();
    const runs: string[] = [];
    const write = testTool({
      name: 'write',
      access: 'write',
      run: (_args, { call }) => runs.push(call).toString(),
    });
    const inner = createMemoryStore();
    const plan = { at: Infinity, fault: 'fail' as const, methods: ['append' as const], times: 3 };
    const store = faultyStore(inner, plan);
    await using test = await openTestHost({
      store,
      answers: [[{ call: 'block', args: {} }], [{ call: 'write', args: {} }], HELLO],
      tools: [tool, write],
    });
    const session = await test.session();
    await session.send('go');
    await tool.started();
    plan.at = store.calls + 1;
    const refused = session.addContext('lost?');
    await expect(refused).rejects.toMatchObject({ code: 'store_unavailable' });
    tool.release();
    expect(runs).toEqual([]);
    const settled = session.settled();
    for (let n = 0; n < 10; n++) await test.clock.advance(2_000);
    expect(await settled).toMatchObject({ status: 'idle', lastOutcome: 'completed' });
    expect(runs).toHaveLength(1);
  });
});

describe('sleeping', () => {
  it('puts idle sessions to sleep and wakes them without a difference', async () => {
    await using test = await openTestHost({
      model: scriptedModel({ answers: () => HELLO }),
      limits: { asleepAfterMs: 1_000 },
    });
    const session = await test.session();
    await collect(session.run('one'), () => false);
    const before = await session.summary();
    await test.clock.advance(3_000);
    expect(test.host.inspect().live).toBe(0);
    expect(await session.summary()).toEqual(before);
    await collect(session.run('two'), () => false);
    expect(await session.summary()).toMatchObject({ turns: 2, messages: 4 });
    expect(test.model.requests[1]?.messages).toHaveLength(3);
  });
});
