// What waits for a slot that does not come, and what its user sees.
import { describe, expect, it } from 'vitest';
import { deferred } from '../base/index.ts';
import { scriptedModel } from '../model/index.ts';
import { openTestHost, testTool } from '../testing/index.ts';
import { happened, journal, until } from './fixtures.ts';

const HELLO = [{ text: ['Hel', 'lo'] }];

describe('a call that was approved while every slot is in use', () => {
  it('waits for one, also when not even a place to wait is free', async () => {
    const gate = deferred<void>();
    await using test = await openTestHost({
      limits: { turns: 1, waitingTurns: 0 },
      model: scriptedModel({
        answers: (_request, n) =>
          [[{ call: 'write', args: {} }], [{ text: ['a', { wait: gate.promise }] }]][n] ?? HELLO,
      }),
      profile: { mode: 'ask' },
      tools: [testTool({ name: 'write', access: 'write' })],
    });
    const [asker, holder] = [await test.session(), await test.session()];
    await until(asker.run('ask'), () => false);
    expect(test.host.inspect().turns).toMatchObject({ inUse: 0, free: 1, waiting: 0 });
    await holder.send('hold');
    await until(holder.follow(), ({ type }) => type === 'delta');
    await asker.approve();
    await test.clock.advance(5_000);
    expect(test.faults.map(({ what }) => what)).toContain('a call waits for a free slot');
    expect(await asker.summary()).toMatchObject({ status: 'running' });
    gate.resolve();
    await holder.settled();
    const settled = asker.settled();
    await test.clock.advance(5_000);
    expect(await settled).toMatchObject({ lastOutcome: 'completed' });
    expect(test.host.inspect().turns).toMatchObject({ inUse: 0, free: 1, waiting: 0 });
  });
});

describe('a turn that waited too long', () => {
  it('for the host ends as failed, and says why', async () => {
    const gate = deferred<void>();
    await using test = await openTestHost({
      limits: { turns: 1, waitMs: 1_000 },
      model: scriptedModel({ answers: () => [{ text: ['a', { wait: gate.promise }] }] }),
    });
    const [holder, other] = [await test.session(), await test.session()];
    await holder.send('hold');
    await until(holder.follow(), ({ type }) => type === 'delta');
    await other.send('wait');
    const settled = other.settled();
    await test.clock.advance(1_000);
    expect(await settled).toMatchObject({
      lastOutcome: 'failed',
      error: { code: 'overloaded', data: { level: 'host', retryAfterMs: 1_000 } },
    });
    gate.resolve();
    await holder.settled();
    await until(other.run('again'), () => false);
    expect(await other.summary()).toMatchObject({ lastOutcome: 'completed' });
    expect(test.host.inspect().turns).toMatchObject({ inUse: 0, free: 1, waiting: 0 });
  });

  it('for the provider ends as failed, and leaves its slot of the host', async () => {
    const gate = deferred<void>();
    await using test = await openTestHost({
      limits: { turns: 2, requestsPerProvider: 1, waitMs: 1_000 },
      model: scriptedModel({ answers: () => [{ text: ['a', { wait: gate.promise }] }] }),
    });
    const [holder, other] = [await test.session(), await test.session()];
    await holder.send('hold');
    await until(holder.follow(), ({ type }) => type === 'delta');
    await other.send('wait');
    await happened(other, 'step.started');
    const settled = other.settled();
    await test.clock.advance(1_000);
    expect(await settled).toMatchObject({
      error: { code: 'overloaded', data: { level: 'provider' } },
    });
    expect(test.host.inspect()).toMatchObject({
      turns: { inUse: 1, free: 1, waiting: 0 },
      providers: { scripted: { inUse: 1, free: 0, waiting: 0 } },
    });
    gate.resolve();
    await holder.settled();
  });
});

describe('a flood of commands', () => {
  it('is refused where the mailbox ends, but never a cancel, and keeps its order', async () => {
    await using test = await openTestHost({
      model: scriptedModel({ answers: () => [{ text: 'a' }, { silence: true }] }),
    });
    const session = await test.session();
    const flood = Array.from({ length: 400 }, (_, n) =>
      session.addContext(String(n)).then(
        () => true,
        () => false,
      ),
    );
    const sent = await session.send('go').catch(() => undefined);
    const taken = (await Promise.all(flood)).filter(Boolean).length;
    expect(taken).toBe(256);
    expect(sent).toBeUndefined();
    await session.send('go');
    const second = Array.from({ length: 400 }, (_, n) =>
      session.addContext(`b${String(n)}`).then(
        () => true,
        () => false,
      ),
    );
    await session.cancel();
    await Promise.all(second);
    const texts = (await journal(test.store, session.id)).flatMap((event) =>
      event.type === 'context.added' ? [event.data.text] : [],
    );
    expect(texts.slice(0, 256)).toEqual(Array.from({ length: 256 }, (_, n) => String(n)));
  });
});
