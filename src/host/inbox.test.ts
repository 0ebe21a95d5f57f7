// The one inbox: what waits for a human, over all sessions and their children, and who answers it.
import { describe, expect, it } from 'vitest';
import { codeOf, type Grant, type Scope } from '../protocol/index.ts';
import { createMemoryStore, memoryData } from '../store/index.ts';
import { testTool, type TestHost, type TestHostOptions } from '../testing/index.ts';
import { family, openFamily as open, spawn } from './children.fixture.ts';
import { happened, intercepted, journal } from './fixtures.ts';

const write = testTool({ name: 'write', access: 'write' });
const call = { call: 'write', args: {} };
const PLAN = { go: [[spawn('two')]], two: [[spawn('three')]], three: [[call]], write: [[call], [call]] };

const asking = (options: TestHostOptions = {}): Promise<TestHost> =>
  open(PLAN, { tools: [write], profile: { mode: 'ask' }, ...options });

describe('the inbox', () => {
  it('says whose question it is, from the top', async () => {
    await using test = await asking();
    const session = await test.session({ name: 'boss' });
    await session.send('go');
    await session.settled();
    const [top, middle, child] = await family(test);
    const [item, ...others] = await test.host.inbox();
    expect(others).toEqual([]);
    expect(item).toMatchObject({
      session: child?.session,
      tool: 'write',
      lineage: [
        { session: top?.session, name: 'boss' },
        { session: middle?.session, name: middle?.name },
      ],
    });
  });

  it('takes the first valid answer; the second hears that it came late', async () => {
    await using test = await asking();
    const session = await test.session();
    await session.send('write');
    await session.settled();
    const [item] = await test.host.inbox();
    const answers = [session.deny(item?.call, 'no'), session.approve(item?.call)];
    const [first, second] = await Promise.all(answers.map((answer) => answer.then(() => 'taken', codeOf)));
    expect([first, second]).toEqual(['taken', 'conflict']);
    const resolved = (await journal(test.store, session.id)).filter(
      ({ type }) => type === 'approval.resolved',
    );
    expect(resolved).toMatchObject([{ data: { decision: 'deny', reason: 'no', by: { kind: 'user' } } }]);
  });

  it('gives no answer without a call to a question that came after it was read', async () => {
    const data = memoryData();
    await using before = await asking({ store: createMemoryStore(data) });
    const { id } = await before.session();
    const session = await before.host.session(id);
    await session.send('write');
    const seen = await session.settled();
    await session.deny();
    await session.settled();
    const [item] = await before.host.inbox();
    await before.host.close();

    const inner = createMemoryStore(data);
    const store = intercepted(inner, { summary: () => Promise.resolve(seen) });
    await using test = await asking({ store });
    const late = await test.host.session(id);
    await expect(late.approve()).rejects.toMatchObject({ code: 'conflict', data: { calls: [item?.call] } });
    expect(await late.approve(item?.call)).toMatchObject({ call: item?.call });
  });

  it('survives a restart, and its answer lets the whole family go on', async () => {
    const data = memoryData();
    await using before = await asking({ store: createMemoryStore(data) });
    const { id } = await before.session();
    await (await before.host.session(id)).send('go');
    await (await before.host.session(id)).settled();
    const asked = await before.host.inbox();
    await before.host.close();

    await using test = await asking({ store: createMemoryStore(data) });
    expect(await test.host.inbox()).toEqual(asked);
    const child = await test.host.session(asked[0]?.session ?? '');
    await child.command({
      type: 'approval/resolve',
      id: 'cmd_1',
      decision: 'allow',
      scope: 'once',
      by: { kind: 'program', name: 'bridge' },
    });
    const session = await test.host.session(id);
    await happened(session, 'turn.finished');
    expect(await session.summary()).toMatchObject({ lastOutcome: 'completed' });
    const resolved = (await journal(test.store, child.id)).find(({ type }) => type === 'approval.resolved');
    expect(resolved?.data).toMatchObject({ by: { kind: 'program', name: 'bridge' } });
  });

  it('lets a question of a child expire, and the family goes on', async () => {
    await using test = await asking({ profile: { mode: 'ask', limits: { approvalMs: 60_000 } } });
    const session = await test.session();
    await session.send('go');
    await session.settled();
    const ended = happened(session, 'turn.finished');
    await test.clock.advance(60_000);
    await ended;
    expect(await test.host.inbox()).toEqual([]);
    expect(await session.summary()).toMatchObject({ status: 'idle', lastOutcome: 'completed' });
  });

  it.each<[Scope, readonly string[], readonly Grant[]]>([
    ['once', ['write', 'write'], []],
    ['session', ['write'], []],
    ['always', ['write'], [{ tool: 'write', scope: 'always' }]],
  ])('is answered for %s, and asks again only where that does not reach', async (scope, questions, saved) => {
    const grants: Grant[] = [];
    await using test = await asking({ grants });
    const session = await test.session();
    await session.send('write');
    const asked: string[] = [];
    while ((await session.settled()).status === 'waiting') {
      asked.push(...(await test.host.inbox()).map(({ tool }) => tool));
      await session.approve(undefined, scope);
    }
    expect(asked).toEqual(questions);
    expect(grants).toEqual(saved);
  });
});
