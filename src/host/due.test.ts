// Who sleeps until a time is woken at it, whoever put it to sleep, and whatever the clock does meanwhile.
import { describe, expect, it } from 'vitest';
import { createMemoryStore, memoryData, type MemoryData } from '../store/index.ts';
import { scriptedModel } from '../model/index.ts';
import { manualClock, openTestHost, testTool, type ManualClock, type TestHost } from '../testing/index.ts';
import { intercepted, journal, until } from './fixtures.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const ASK = [{ call: 'write', args: {} }];
const DONE = [{ text: ['done'] }];
const write = testTool({ name: 'write', access: 'write' });

interface World {
  readonly data: MemoryData;
  readonly clock: ManualClock;
}

/** Approvals expire after an hour; idle sessions are asleep after ten minutes. */
function open({ data, clock }: World, recover: 'lazy' | 'used' = 'lazy'): Promise<TestHost> {
  return openTestHost({
    store: createMemoryStore(data),
    clock,
    tools: [write],
    profile: { mode: 'ask', limits: { approvalMs: HOUR } },
    model: scriptedModel({ answers: ({ messages }) => (messages.at(-1)?.role === 'tool' ? DONE : ASK) }),
    recover,
  });
}

/** A world in which so many sessions wait for a human, and no host is open. */
async function asking(sessions = 1): Promise<World & { readonly ids: readonly string[] }> {
  const world = { data: memoryData(), clock: manualClock() };
  await using test = await open(world);
  const ids: string[] = [];
  for (let n = 0; n < sessions; n++) {
    const session = await test.session();
    await until(session.run('go'), () => false);
    ids.push(session.id);
  }
  return { ...world, ids };
}

/** The outcomes of last turns, as the list has them: nobody is woken by looking. */
async function outcomes({ host }: TestHost): Promise<unknown[]> {
  const { sessions } = await host.list({ limit: 1_000 });
  return sessions.map(({ lastOutcome }) => lastOutcome);
}

describe('a host that was started again', () => {
  it('wakes every sleeper at its time, and nobody before', async () => {
    const world = await asking(3);
    await using test = await open(world);
    await world.clock.advance(HOUR - 1);
    expect([await outcomes(test), test.host.inspect().live]).toEqual([[undefined, undefined, undefined], 0]);
    await world.clock.advance(1);
    expect(await outcomes(test)).toEqual(['completed', 'completed', 'completed']);
  });

  it('wakes those whose time came while no host was there', async () => {
    const world = await asking(200);
    await world.clock.advance(2 * DAY);
    await using test = await open(world);
    await world.clock.advance(0);
    expect(new Set(await outcomes(test))).toEqual(new Set(['completed']));
    expect(test.faults).toEqual([]);
  });

  it('wakes nobody when it only works with what is used', async () => {
    const world = await asking();
    await using test = await open(world, 'used');
    await world.clock.advance(2 * HOUR);
    expect(await outcomes(test)).toEqual([undefined]);
  });

  it('has one timer for all, and none when nobody has a time', async () => {
    const world = await asking(20);
    const pending = async (there: World): Promise<number> => {
      await using test = await open(there);
      await there.clock.advance(0);
      expect(test.host.inspect().live).toBe(0);
      return there.clock.pending;
    };
    expect(await pending(world)).toBe((await pending({ data: memoryData(), clock: manualClock() })) + 1);
  });

  it.each([HOUR, 2 * DAY])('hears of its clock being set on by %i ms within a minute', async (jump) => {
    const world = await asking();
    await using test = await open(world);
    await world.clock.advance(MINUTE / 2);
    world.clock.jump(jump);
    expect(await outcomes(test)).toEqual([undefined]);
    await world.clock.advance(MINUTE);
    expect(await outcomes(test)).toEqual(['completed']);
  });

  it.each([HOUR, 2 * DAY])(
    'waits until it is time again when its clock is set back by %i ms',
    async (jump) => {
      const world = await asking();
      await using test = await open(world);
      world.clock.jump(-jump);
      await world.clock.advance(HOUR + jump - 1);
      expect(await outcomes(test)).toEqual([undefined]);
      await world.clock.advance(1);
      expect(await outcomes(test)).toEqual(['completed']);
    },
  );

  it('wakes one at its time whose clock was set back just when it had been woken', async () => {
    const world = await asking();
    let back: number | undefined = 2 * HOUR;
    const plain = createMemoryStore(world.data);
    const store = intercepted(plain, {
      claim: (owner, session) => {
        world.clock.jump(-(back ?? 0));
        back = undefined;
        return plain.claim(owner, session);
      },
    });
    await using test = await openTestHost({ store, clock: world.clock, tools: [write], answers: [DONE] });
    world.clock.jump(2 * HOUR);
    await world.clock.advance(MINUTE);
    expect([back, await outcomes(test)]).toEqual([undefined, [undefined]]);
    await world.clock.advance(HOUR / 2);
    expect(test.host.inspect().live).toBe(0);
    await world.clock.advance(HOUR / 2);
    expect(await outcomes(test)).toEqual(['completed']);
  });

  it('tries one that cannot be taken up once, and serves the others', async () => {
    const world = await asking(2);
    const [broken = ''] = world.ids;
    let claims = 0;
    const store = intercepted(createMemoryStore(world.data), {
      claim: (owner, session) => {
        if (session !== broken) return createMemoryStore(world.data).claim(owner, session);
        claims++;
        return Promise.reject(Object.assign(new Error('damaged'), { code: 'store_corrupt' }));
      },
    });
    await using test = await openTestHost({ store, clock: world.clock, tools: [write], answers: [DONE] });
    await world.clock.advance(2 * HOUR);
    expect(new Set(await outcomes(test))).toEqual(new Set(['completed', undefined]));
    expect(claims).toBe(1);
    expect(test.faults).toMatchObject([{ what: 'a session could not be taken up', session: broken }]);
  });
});

describe('a live session', () => {
  it('hears of its clock being set on too', async () => {
    const world = { data: memoryData(), clock: manualClock() };
    await using test = await open(world);
    const session = await test.session();
    await until(session.run('go'), () => false);
    world.clock.jump(2 * DAY);
    await world.clock.advance(MINUTE);
    expect(await session.summary()).toMatchObject({ status: 'idle', lastOutcome: 'completed' });
  });

  it.each([HOUR, 2 * DAY])(
    'does not wait longer for a retry when its clock is set back by %i ms',
    async (jump) => {
      const failure = { code: 'provider_failed', message: 'busy', retryable: true } as const;
      await using test = await openTestHost({ answers: [[{ fail: failure }], DONE] });
      const session = await test.session();
      await session.send('go');
      while (!(await journal(test.store, session.id)).some(({ type }) => type === 'step.retried'))
        await test.clock.advance(0);
      test.clock.jump(-jump);
      await test.clock.advance(MINUTE);
      expect(await session.summary()).toMatchObject({ lastOutcome: 'completed' });
    },
  );
});

describe('the end of a lifetime', () => {
  it('archives a sleeper after a restart, and deletes nothing', async () => {
    const world = { data: memoryData(), clock: manualClock() };
    const profile = { limits: { lifetimeMs: DAY } };
    const first = await openTestHost({ store: createMemoryStore(world.data), clock: world.clock, profile });
    const { id } = await first.session();
    await first[Symbol.asyncDispose]();
    await using test = await openTestHost({
      store: createMemoryStore(world.data),
      clock: world.clock,
      profile,
    });
    await world.clock.advance(DAY - 1);
    const session = await test.host.session(id);
    expect(await session.summary()).toMatchObject({ status: 'idle' });
    await world.clock.advance(1);
    expect(await session.summary()).toMatchObject({ status: 'archived' });
    expect((await journal(test.store, id)).map(({ type }) => type)).toEqual([
      'session.created',
      'session.archived',
    ]);
  });
});
