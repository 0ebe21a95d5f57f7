// Parents and children under way: who waits for what, what a cancel reaches, and that nobody starves.
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../base/index.ts';
import { codeOf } from '../protocol/index.ts';
import { createMemoryStore } from '../store/index.ts';
import { blockingTool, testTool, type ManualClock } from '../testing/index.ts';
import { family, openFamily as open, results, spawn } from './children.fixture.ts';
import { happened, intercepted, journal } from './fixtures.ts';
import type { SessionHandle } from './port.ts';

const call = (tool: string) => ({ call: tool, args: {} });

/** Lets time pass until the promise settles: what found no room is tried again after a while. */
async function passTime(clock: ManualClock, until: Promise<unknown>): Promise<void> {
  let open = true;
  const ended = until.finally(() => (open = false));
  while (open) await clock.advance(100);
  await ended;
}

async function sendWhenRoom(clock: ManualClock, session: SessionHandle): Promise<void> {
  for (;;) {
    const refused = await session.send('go').then(() => undefined, codeOf);
    if (refused === undefined) return;
    expect(refused).toBe('limit_reached');
    await clock.advance(100);
  }
}

describe('parents that wait for their children', () => {
  it.each([
    ['a slot for each', { turns: 24, liveSessions: 1_000 }],
    ['one slot for all', { turns: 1, liveSessions: 1_000 }],
    ['places in memory for a few', { turns: 24, liveSessions: 3 }],
    ['a place in memory for one', { turns: 24, liveSessions: 1 }],
  ])('never starve them: 24 parents, three deep, with %s', async (_name, limits) => {
    const plan = { go: [[spawn('two'), spawn('more')]], two: [[spawn('three')]] };
    await using test = await open(plan, { limits });
    const parents = await Promise.all(Array.from({ length: 24 }, () => test.session()));
    for (const parent of parents) await sendWhenRoom(test.clock, parent);
    const ended = Promise.all(parents.map((parent) => happened(parent, 'turn.finished')));
    await passTime(test.clock, ended);
    const rows = await family(test);
    expect(rows).toHaveLength(24 * 4);
    expect(new Set(rows.map(({ status, lastOutcome }) => `${status} ${lastOutcome ?? ''}`))).toEqual(
      new Set(['idle completed']),
    );
    expect(test.host.inspect().turns).toMatchObject({ inUse: 0, waiting: 0 });
  });
});

describe('a cancel', () => {
  it('reaches every child below, and each is recorded as it really ended', async () => {
    const block = blockingTool();
    const plan = { go: [[spawn('two'), spawn('quick')]], two: [[spawn('three')]], three: [[call('block')]] };
    await using test = await open(plan, { tools: [block] });
    const session = await test.session();
    await session.send('go');
    await block.started();
    await session.cancel('enough');
    await happened(session, 'turn.finished');
    const rows = await family(test);
    expect(rows.map(({ lastOutcome = '' }) => lastOutcome)).toEqual([
      'cancelled',
      ...rows.slice(1).map(({ title }) => (title === 'quick' ? 'completed' : 'cancelled')),
    ]);
    const [two, quick] = await results(test, session.id);
    expect(two).toMatch(/^cancelled: .*"cancelled": the turn of its parent was stopped: enough/);
    expect(quick).toBe('ok: quick is done');
  });

  it('of a child alone is a result for its parent', async () => {
    const block = blockingTool();
    await using test = await open({ go: [[spawn('dig')]], dig: [[call('block')]] }, { tools: [block] });
    const session = await test.session();
    await session.send('go');
    await block.started();
    const [, child] = await family(test);
    await (await test.host.session(child?.session ?? '')).cancel('not this');
    await happened(session, 'turn.finished');
    expect(await results(test, session.id)).toEqual([expect.stringMatching(/^cancelled: .*not this/)]);
    expect(await session.summary()).toMatchObject({ lastOutcome: 'completed' });
  });
});

describe('a child that waits for a human', () => {
  it('makes all above it wait, and go on when it was answered', async () => {
    const write = testTool({ name: 'write', access: 'write' });
    const plan = { go: [[spawn('two')]], two: [[spawn('three')]], three: [[call('write')]] };
    await using test = await open(plan, { tools: [write], profile: { mode: 'ask' } });
    const session = await test.session();
    await session.send('go');
    expect(await session.settled()).toMatchObject({ status: 'waiting', waiting: 0 });
    await expect(session.approve()).rejects.toMatchObject({ code: 'conflict', message: /child ses_/ });
    const [item] = await test.host.inbox();
    await (await test.host.session(item?.session ?? '')).approve(item?.call);
    await happened(session, 'turn.finished');
    expect(await session.summary()).toMatchObject({ status: 'idle', lastOutcome: 'completed' });
    expect(await results(test, session.id)).toEqual(['ok: two is done']);
    const types = (await journal(test.store, session.id)).map(({ type }) => type);
    expect(types.filter((type) => type === 'child.changed')).toHaveLength(2);
  });
});

describe('a child that crashes', () => {
  it('goes on, and its parent gets its answer', async () => {
    const { test, session, child, block, breakNext } = await crashing();
    await using _test = test;
    await breakNext();
    await test.clock.advance(5_000);
    block.release();
    await happened(session, 'turn.finished');
    expect(await child.summary()).toMatchObject({ status: 'idle', lastOutcome: 'completed' });
    expect(await results(test, session.id)).toEqual(['ok: dig is done']);
  });

  it('and is given up is an error for its parent, which goes on', async () => {
    const { test, session, child, breakNext } = await crashing();
    await using _test = test;
    for (let times = 1; times <= 6; times++) {
      await breakNext();
      await test.clock.advance(5_000);
    }
    await happened(session, 'turn.finished');
    expect((await child.summary()).lastOutcome ?? 'failed').toBe('failed');
    expect(await results(test, session.id)).toEqual([expect.stringMatching(/^error: /)]);
    expect(await session.summary()).toMatchObject({ lastOutcome: 'completed' });
  });
});

/** A parent whose child blocks in a tool that may run again, on a store that can break an invariant of the child. */
async function crashing() {
  const inner = createMemoryStore();
  let broken = '';
  const store = intercepted(inner, {
    append(groups) {
      if (groups[0]?.session !== broken) return inner.append(groups);
      broken = '';
      return Promise.reject(new InvariantError('the test says so'));
    },
  });
  const block = blockingTool({ idempotent: true });
  const test = await open({ go: [[spawn('dig')]], dig: [[call('block')]] }, { tools: [block], store });
  const session = await test.session();
  await session.send('go');
  await block.started();
  const [row] = await test.host.children(session.id);
  const child = await test.host.session(row?.session ?? '');
  const breakNext = async (): Promise<void> => {
    broken = child.id;
    await child.addContext('x').catch(() => undefined);
  };
  return { test, session, child, block, breakNext };
}
