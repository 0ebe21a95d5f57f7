// Sessions that start others: what the parent gets back, in which order, and what may be asked for.
import { describe, expect, it } from 'vitest';
import { openTestHost, scriptedModel, testTool } from '../testing/index.ts';
import { FAMILY, family, openFamily as open, results, spawn } from './children.fixture.ts';
import { journal } from './fixtures.ts';

describe('a session that spawns', () => {
  it('gets the last answer of its child, which knows where it comes from', async () => {
    await using test = await open({ go: [[spawn('dig', { name: 'digger' })]] });
    const session = await test.session({ name: 'boss' });
    await session.send('go');
    await session.settled();
    expect(await results(test, session.id)).toEqual(['ok: dig is done']);
    const [, child] = await family(test);
    expect(child).toMatchObject({
      name: 'digger',
      parent: session.id,
      root: session.id,
      depth: 1,
      status: 'idle',
    });
    const events = await journal(test.store, session.id);
    const started = events.find(({ type }) => type === 'child.started');
    expect(started?.data).toEqual({ child: child?.session, depth: 1 });
    expect(test.faults).toEqual([]);
  });

  it('goes three deep, and usage comes up', async () => {
    const plan = { one: [[spawn('two')]], two: [[spawn('three')]], three: [[spawn('four')]] };
    await using test = await open(plan);
    const session = await test.session();
    await session.send('one');
    await session.settled();
    expect((await family(test)).map(({ depth = 0 }) => depth)).toEqual([0, 1, 2, 3]);
    const rows = await family(test);
    const below = rows.slice(1).reduce((sum, { usage }) => sum + usage.output, 0);
    const finished = (await journal(test.store, session.id)).find(({ type }) => type === 'child.finished');
    expect(finished?.data).toMatchObject({ outcome: 'completed', usage: { output: below } });
  });

  it('gets results in the order of its calls, however its children end', async () => {
    const plan = { go: [[spawn('a'), spawn('b'), spawn('c')]], a: [[spawn('deep')]] };
    await using test = await open(plan);
    const session = await test.session();
    await session.send('go');
    await session.settled();
    expect(await results(test, session.id)).toEqual(['ok: a is done', 'ok: b is done', 'ok: c is done']);
  });

  it('ends by its bound when every child spawns another', async () => {
    await using test = await openTestHost({
      model: scriptedModel({
        answers: ({ messages }) => (messages.at(-1)?.role === 'user' ? [spawn('again')] : [{ text: 'up' }]),
      }),
      tools: FAMILY,
    });
    const session = await test.session();
    await session.send('go');
    await session.settled();
    const rows = await family(test);
    expect(rows.map(({ depth = 0 }) => depth)).toEqual([0, 1, 2, 3, 4, 5]);
    const [refusal] = await results(test, rows.at(-1)?.session ?? '');
    expect(refusal).toMatch(/^error: .*5 below the one at the top.*limits.childDepth/);
    expect(await results(test, session.id)).toEqual(['ok: up']);
  });
});

describe('what a child may have', () => {
  const plan = (more: object) => ({ go: [[spawn('dig', more)]] });

  it.each<[string, object, string]>([
    ['more tools', { tools: ['look', 'exec', 'read'] }, 'tools exec, read \\(it has .*look'],
    ['a wider mode', { mode: 'full' }, 'mode "full" \\(its own is "ask"\\)'],
    ['more steps', { maxSteps: 51 }, 'maxSteps 51 \\(its own bound is 50\\)'],
    ['an unknown profile', { profile: 'boss' }, 'no profile "boss". There are: default'],
    [
      'all of that',
      { tools: ['exec'], mode: 'edits', maxSteps: 99 },
      'tools exec .*; mode "edits" .*; maxSteps 99',
    ],
  ])('is not %s than its parent has, and the parent hears what', async (_what, more, why) => {
    await using test = await open(plan(more), {
      tools: [testTool({ name: 'look' })],
      profile: { mode: 'ask' },
    });
    const session = await test.session();
    await session.send('go');
    await session.settled();
    const [refusal] = await results(test, session.id);
    expect(refusal).toMatch(new RegExp(`^error: .*${why}`));
    expect(await family(test)).toHaveLength(1);
  });

  it('is what its call asked for, within what its parent has', async () => {
    await using test = await open(plan({ tools: ['look'], mode: 'read', maxSteps: 2 }), {
      tools: [testTool({ name: 'look' }), testTool({ name: 'write', access: 'write' })],
      profile: { deny: { tools: [], paths: ['.env'] }, recovery: 'pause', limits: { turnTimeoutMs: 60_000 } },
    });
    const session = await test.session();
    await session.send('go');
    await session.settled();
    const [, child] = await family(test);
    const [created] = await journal(test.store, child?.session ?? '');
    expect(created?.data).toMatchObject({
      profile: {
        tools: ['look'],
        mode: 'read',
        recovery: 'pause',
        deny: { paths: ['.env'] },
        limits: { maxSteps: 2, turnTimeoutMs: 60_000 },
      },
    });
  });

  it('is less when its parent got less since it was asked', async () => {
    const narrow = testTool({
      name: 'narrow',
      run: async () => {
        await boss?.command({ type: 'session/configure', id: 'cmd_c', change: { mode: 'ask' } });
        return 'done';
      },
    });
    const plan = {
      go: [[spawn('first'), spawn('dig', { mode: 'full' })]],
      first: [[{ call: 'narrow', args: {} }]],
    };
    await using test = await open(plan, { tools: [narrow], profile: { limits: { parallelTools: 1 } } });
    const boss = await test.session();
    await boss.send('go');
    await boss.settled();
    expect(await results(test, boss.id)).toEqual([
      'ok: first is done',
      expect.stringMatching(/^error: .*mode "full"/),
    ]);
  });

  it('is not the name of another session', async () => {
    await using test = await open(plan({ name: 'taken' }));
    await test.session({ name: 'taken' });
    const session = await test.session();
    await session.send('go');
    await session.settled();
    expect(await results(test, session.id)).toEqual([expect.stringMatching(/^error: .*taken/)]);
    const finished = (await journal(test.store, session.id)).find(({ type }) => type === 'child.finished');
    expect(finished?.data).toMatchObject({ outcome: 'failed', usage: { input: 0, output: 0 } });
  });

  it('is nothing that a human allowed its parent for the session', async () => {
    const write = testTool({ name: 'write', access: 'write' });
    const plan = {
      go: [[{ call: 'write', args: {} }], [spawn('dig')]],
      dig: [[{ call: 'write', args: {} }]],
    };
    await using test = await open(plan, { tools: [write], profile: { mode: 'ask' } });
    const session = await test.session();
    await session.send('go');
    await session.settled();
    await session.approve(undefined, 'session');
    await session.settled();
    const [, child] = await family(test);
    expect(child).toMatchObject({ status: 'waiting', waiting: 1 });
  });
});
