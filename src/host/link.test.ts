import { describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../base/index.ts';
import { scriptedModel } from '../model/index.ts';
import type { Link } from '../protocol/index.ts';
import { openTestHost, testTool, type TestHost } from '../testing/index.ts';
import { until } from './fixtures.ts';
import { nearLink } from './link.ts';

const linkTo = (test: TestHost, identity?: string): Link =>
  nearLink(test.host, {
    clock: systemClock,
    random: systemRandom,
    ...(identity === undefined ? {} : { identity }),
  });

const HELLO = scriptedModel({ answers: () => [{ text: ['Hel', 'lo'] }] });
const BY = { kind: 'user' } as const;

it('creates, sends, follows and lists by the methods of the table', async () => {
  await using test = await openTestHost({ model: HELLO });
  const { folder } = await (await test.session()).summary();
  await using link = linkTo(test);
  const { session } = await link.call('session/create', { folder, name: 'desk', title: undefined });
  const followed = until(link.follow(session), ({ type }) => type === 'turn.finished');
  const { turn } = await link.call('input/send', { session, text: 'hi', source: BY, delivery: 'queue' });
  const items = await followed;
  expect(items.find(({ type }) => type === 'text.ended')).toMatchObject({ turn, data: { text: 'Hello' } });
  const events = await link.call('session/events', { session, after: 0, limit: 100 });
  expect(events).toEqual(items.filter(({ type }) => type !== 'delta'));
  const { sessions } = await link.call('session/list', { limit: 10, text: 'desk' });
  expect(sessions.map(({ name }) => name)).toEqual(['desk']);
});

it('keeps the ids and keys of two identities apart, and answers a repeat of one', async () => {
  await using test = await openTestHost({ model: HELLO });
  const { folder } = await (await test.session()).summary();
  const [ann, bob] = [linkTo(test, 'ann'), linkTo(test, 'bob')];
  const { session } = await ann.call('session/create', { folder, key: 'k' });
  expect((await ann.call('session/create', { folder, key: 'k' })).session).toBe(session);
  expect((await bob.call('session/create', { folder, key: 'k' })).session).not.toBe(session);
  const input = { session, id: 'cmd_1', text: 'hi', source: BY, delivery: 'queue' } as const;
  const first = await ann.call('input/send', input);
  expect(await ann.call('input/send', input)).toEqual(first);
  await (await test.host.session(session)).settled();
  expect((await bob.call('input/send', input)).turn).not.toBe(first.turn);
});

it('takes no key of one identity for that of another, whatever they are called', async () => {
  await using test = await openTestHost({ model: HELLO });
  const { folder } = test;
  const made = async (identity: string | undefined, key: string): Promise<string> =>
    (await linkTo(test, identity).call('session/create', { folder, key })).session;
  const sessions = [await made('a', 'b:c'), await made('a:b', 'c'), await made(undefined, 'a:b:c')];
  expect(new Set(sessions).size).toBe(3);
  expect(await made('a:b', 'c')).toBe(sessions[1]);
});

describe('who sent a command', () => {
  const MALLORY = { kind: 'program', name: 'x\u0007\nann', id: 'ses_1' } as const;

  it('is the identity of the link, whatever the sender writes', async () => {
    await using test = await openTestHost({ model: HELLO });
    const { id: session } = await test.session();
    const link = linkTo(test, 'bob');
    await link.call('input/send', {
      session,
      text: 'hi',
      source: { kind: 'user', name: 'ann' },
      delivery: 'queue',
    });
    await (await test.host.session(session)).settled();
    await link.call('context/add', { session, text: 'note', role: 'note', source: MALLORY });
    await link.call('session/archive', { session });
    const events = await link.call('session/events', { session, after: 0, limit: 100 });
    const dataOf = (type: string): unknown => events.find((event) => event.type === type)?.data;
    expect(dataOf('input.accepted')).toMatchObject({ source: { kind: 'user', name: 'bob/ann' } });
    expect(dataOf('context.added')).toMatchObject({
      source: { kind: 'program', name: expect.stringMatching(/^bob\/x *ann$/) as string },
    });
    expect(dataOf('context.added')).not.toHaveProperty('source.id');
    expect(dataOf('session.archived')).toEqual({ by: { kind: 'user', name: 'bob' } });
  });

  it.each(['session', 'schedule'] as const)('is never a %s', async (kind) => {
    await using test = await openTestHost({ model: HELLO });
    const { id: session } = await test.session();
    const source = { kind, name: 'ann' };
    const input = { session, text: 'hi', source, delivery: 'queue' } as const;
    await expect(linkTo(test, 'bob').call('input/send', input)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await linkTo(test).call('input/send', input)).toMatchObject({ session });
  });

  it('is who approves', async () => {
    const tools = [testTool({ name: 'write', access: 'write' })];
    const answers = [[{ call: 'write', args: {} }], [{ text: 'done' }]];
    await using test = await openTestHost({ tools, profile: { mode: 'ask' }, answers });
    const { id: session } = await test.session();
    const bob = linkTo(test, 'bob');
    await bob.call('input/send', { session, text: 'go', source: BY, delivery: 'queue' });
    await (await test.host.session(session)).settled();
    const by = { kind: 'program', name: 'ann' } as const;
    await bob.call('approval/resolve', { session, decision: 'deny', scope: 'once', by });
    const events = await bob.call('session/events', { session, after: 0, limit: 100 });
    expect(events.find(({ type }) => type === 'approval.resolved')?.data).toMatchObject({
      by: { kind: 'program', name: 'bob/ann' },
    });
  });
});

it('refuses a place behind the journal, and goes on from one inside', async () => {
  await using test = await openTestHost({ model: HELLO });
  const { id } = await test.session();
  await using link = linkTo(test);
  await expect(until(link.follow(id, { after: 99 }), () => true)).rejects.toMatchObject({
    code: 'cursor_invalid',
    data: { common: 1 },
  });
  await link.call('context/add', { session: id, text: 'note', role: 'note' });
  const [next] = await until(link.follow(id, { after: 1 }), () => true);
  expect(next).toMatchObject({ seq: 2, type: 'context.added' });
});

it('ends what it follows when it is closed', async () => {
  await using test = await openTestHost();
  const { id } = await test.session();
  const link = linkTo(test);
  const followed = until(link.follow(id, { after: 1 }), () => false);
  await link[Symbol.asyncDispose]();
  expect(await followed).toEqual([]);
  await expect(link.call('inbox/list', {})).rejects.toMatchObject({ code: 'cancelled' });
});
