// One session sends to another: attributed, once, and refused where nobody could read it.
import { describe, expect, it } from 'vitest';
import { createMemoryStore, memoryData, type Store } from '../store/index.ts';
import { blockingTool, faultyStore, type TestHost } from '../testing/index.ts';
import { openFamily as open, results } from './children.fixture.ts';
import { happened, journal } from './fixtures.ts';
import type { SessionHandle } from './port.ts';

const message = (to: string, more: object = {}) => ({
  call: 'message',
  args: { to, text: 'look at this', ...more },
});

async function inputs(test: TestHost, session: string) {
  const events = await journal(test.store, session);
  return events.flatMap((event) => (event.type === 'input.accepted' ? [event.data] : []));
}

async function sent(test: TestHost, session: SessionHandle): Promise<readonly string[]> {
  await session.send('go');
  await happened(session, 'turn.finished');
  return results(test, session.id);
}

describe('a message to another session', () => {
  it('starts a turn there, and says who sent it', async () => {
    await using test = await open({ go: [[message('reader')]] });
    const reader = await test.session({ name: 'reader' });
    const writer = await test.session({ name: 'writer' });
    const [result] = await sent(test, writer);
    await happened(reader, 'turn.finished');
    const [input] = await inputs(test, reader.id);
    expect(input).toMatchObject({
      text: 'look at this',
      delivery: 'queue',
      source: { kind: 'session', name: 'writer', id: writer.id },
    });
    expect(result).toMatch(`ok: Sent to reader (${reader.id})`);
    expect(result).toContain(input?.command);
    const [request] = test.model.requests.filter(({ messages }) =>
      JSON.stringify(messages).includes('look at this'),
    );
    expect(request?.messages[0]?.parts[0]).toMatchObject({ text: '[From session writer]\nlook at this' });
  });

  it('steers a turn, or waits behind it and can be withdrawn by its name', async () => {
    const block = blockingTool();
    const plan = {
      work: [[{ call: 'block', args: {} }]],
      go: [[message('reader', { delivery: 'steer' })], [message('reader')]],
    };
    await using test = await open(plan, { tools: [block] });
    const reader = await test.session({ name: 'reader' });
    await reader.send('work');
    await block.started();
    await sent(test, await test.session());
    const [, steering, queued] = await inputs(test, reader.id);
    expect([steering?.delivery, queued?.delivery]).toEqual(['steer', 'queue']);
    await reader.command({ type: 'input/withdraw', id: 'cmd_w', command: queued?.command ?? '' });
    block.release();
    await happened(reader, 'turn.finished');
    const delivered = (await journal(test.store, reader.id)).flatMap((event) =>
      event.type === 'input.delivered' ? [event.data.command] : [],
    );
    expect(delivered.slice(1)).toEqual([steering?.command]);
  });

  it('finds a name in its own folder first, then one that only one session has, then an id', async () => {
    await using test = await open({ go: [[message('far')], [message('both')]] });
    const far = await test.session({ name: 'far', folder: '/' });
    await test.session({ name: 'both', folder: '/' });
    const near = await test.session({ name: 'both' });
    const [first, second] = await sent(test, await test.session());
    expect(first).toContain(far.id);
    expect(second).toContain(near.id);
  });

  it.each([
    ['to itself', 'self', 'this session itself'],
    ['to nobody', 'nobody', 'There is no session "nobody"'],
    ['to an archived session', 'archived', 'it is archived: restore it first'],
    [
      'to a name that several have elsewhere',
      'twice',
      'Several sessions have the name twice, use an id: ses_',
    ],
  ])('is refused %s', async (_what, to, why) => {
    await using test = await open({ go: [[message(to)]] });
    const archived = await test.session({ name: 'archived' });
    await archived.command({ type: 'session/archive', id: 'cmd_a' });
    await test.session({ name: 'twice', folder: '/' });
    await test.session({ name: 'twice', folder: '/tmp' });
    const [result] = await sent(test, await test.session({ name: 'self' }));
    expect(result).toMatch(/^error: Not sent: /);
    expect(result).toContain(why);
  });

  it('waits for a human like a command, and is not offered to a session that only reads', async () => {
    await using test = await open({ go: [[message('reader')]] }, { profile: { mode: 'ask' } });
    const reader = await test.session({ name: 'reader' });
    const writer = await test.session();
    await writer.send('go');
    expect(await writer.settled()).toMatchObject({ status: 'waiting' });
    expect(await test.host.inbox()).toMatchObject([
      { tool: 'message', summary: 'message reader: look at this' },
    ]);
    await writer.approve(undefined, 'path');
    await happened(writer, 'turn.finished');
    await writer.send('go');
    expect(await writer.settled()).toMatchObject({ status: 'idle' });
    expect(await inputs(test, reader.id)).toHaveLength(2);
    const weak = await test.session({ change: { mode: 'read' } });
    await weak.send('go');
    await weak.settled();
    expect(test.model.requests.at(-1)?.tools.map(({ name }) => name)).toEqual(['spawn']);
  });

  it('arrives once, wherever the host ends', async () => {
    for (let at = 1; ; at++) {
      const data = memoryData();
      const dying = faultyStore(createMemoryStore(data), { at, fault: 'die', takesEffect: true });
      const life = (store: Store) => open({ go: [[message('reader')]] }, { store, recover: 'all' });
      const before = await Promise.race([life(dying), dying.dead]);
      const ended = await Promise.race([
        before &&
          both(before)
            .then(() => before.host.close())
            .then(() => true),
        dying.dead,
      ]);
      await using test = await life(createMemoryStore(data));
      const { sessions } = await test.host.list({ limit: 10 });
      const writer = sessions.find(({ name }) => name === 'writer');
      const reader = sessions.find(({ name }) => name === 'reader');
      if (writer === undefined || writer.turns === 0) continue;
      await (await test.host.session(writer.session)).settled();
      expect(await inputs(test, reader?.session ?? '')).toHaveLength(1);
      if (ended === true) return;
    }
  });
});

async function both(test: TestHost): Promise<void> {
  await test.session({ name: 'reader' });
  await sent(test, await test.session({ name: 'writer' }));
}
