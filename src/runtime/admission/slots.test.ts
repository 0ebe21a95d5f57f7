import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CarrelError } from '../../protocol/index.ts';
import { manualClock } from '../../testing/index.ts';
import { Slots, type SlotLimits } from './slots.ts';

const LIMITS: SlotLimits = { level: 'host', what: 'things', capacity: 1, waiting: 10, waitMs: 60_000 };
const never = (): AbortSignal => new AbortController().signal;
const looked = (session: string) => ({ session, looked: true });
const unlooked = (session: string) => ({ session, looked: false });

/** Slots that are asked for at once, and who got one, in their order. */
function stage(limits: Partial<SlotLimits> = {}) {
  const clock = manualClock();
  const slots = new Slots({ ...LIMITS, ...limits }, clock);
  const got: string[] = [];
  const held: Disposable[] = [];
  const ask = (asker: { session: string; looked: boolean }, name = asker.session): void =>
    void slots.acquire(asker, never()).then((slot) => {
      got.push(name);
      held.push(slot);
    });
  const free = async (times = 1): Promise<void> => {
    for (let n = 0; n < times; n++) {
      await setImmediate();
      held.shift()?.[Symbol.dispose]();
    }
    await setImmediate();
  };
  return { clock, slots, got, held, ask, free };
}

describe('slots', () => {
  it('are given in turn to each session that waits, however many of one do', async () => {
    const { slots, got, ask, free } = stage();
    ask(looked('first'));
    for (const name of ['a1', 'a2', 'a3']) ask(looked('a'), name);
    ask(looked('b'), 'b1');
    ask(looked('c'), 'c1');
    ask(looked('b'), 'b2');
    expect([...slots.sessions()]).toEqual(['a', 'b', 'c']);
    await free(7);
    expect(got).toEqual(['first', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
    expect(slots.report).toMatchObject({ inUse: 0, free: 1, waiting: 0 });
  });

  it('cost no timer and no listener while one is free', async () => {
    const { clock, slots } = stage();
    const { signal } = new AbortController();
    signal.addEventListener = () => expect.unreachable('a listener was added');
    using _slot = await slots.acquire(unlooked('a'), signal);
    expect(clock.pending).toBe(0);
  });

  it('are given back once, also when disposed twice', async () => {
    const { slots, ask, held, free } = stage({ capacity: 2 });
    ask(looked('a'));
    ask(looked('b'));
    await setImmediate();
    const [first] = held;
    await free();
    first?.[Symbol.dispose]();
    expect(slots.report).toMatchObject({ inUse: 1, free: 1 });
  });

  it('are refused to one too many, and counted', async () => {
    const { slots, ask } = stage({ waiting: 1 });
    ask(looked('a'));
    expect(slots.refusal(true)).toBeUndefined();
    ask(looked('b'));
    const data = { level: 'host', capacity: 1, retryAfterMs: 2_000 };
    expect(slots.refusal(true)).toMatchObject({ code: 'overloaded', data });
    await expect(slots.acquire(looked('c'), never())).rejects.toMatchObject({ code: 'overloaded', data });
    expect(slots.report).toMatchObject({ inUse: 1, waiting: 1, refused: 2 });
  });

  it('are not waited for longer than allowed, nor by who has left', async () => {
    const { clock, slots, ask } = stage({ waitMs: 1_000 });
    ask(looked('a'));
    const leaving = new AbortController();
    const left = slots.acquire(looked('b'), leaving.signal);
    const late = slots.acquire(looked('c'), never());
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await expect(slots.acquire(looked('d'), leaving.signal)).rejects.toThrow('gone');
    const refused = late.catch((error: unknown) => error);
    await clock.advance(999);
    expect(slots.report).toMatchObject({ waiting: 1, oldestWaitMs: 999 });
    await clock.advance(1);
    expect(await refused).toMatchObject({ code: 'overloaded' });
    expect(slots.report).toMatchObject({ inUse: 1, waiting: 0 });
    expect(clock.pending).toBe(0);
  });

  it('tell when to ask again from how fast they came free while all were in use', async () => {
    const { clock, slots, ask, free } = stage({ waiting: 3 });
    ask(looked('a'));
    for (const name of ['b', 'c', 'd', 'e', 'f']) {
      ask(looked(name));
      await clock.advance(200);
      await free();
    }
    for (const name of ['g', 'h', 'i']) ask(looked(name));
    expect(slots.refusal(true)).toMatchObject({ data: { retryAfterMs: 800 } });
    await clock.advance(5_000);
    expect(slots.refusal(true)).toMatchObject({ data: { retryAfterMs: 20_000 } });
    await clock.advance(50_000);
    expect(slots.refusal(true)).toMatchObject({ data: { retryAfterMs: 60_000 } });
  });
});

describe('the reserve', () => {
  const reserve = { slots: 2, agedAfterMs: 10_000 };

  it('is for sessions that somebody looks at, and they go first', async () => {
    const { slots, got, ask, free } = stage({ capacity: 4, reserve });
    for (const name of ['a', 'b', 'c', 'd']) ask(unlooked(name));
    ask(looked('v'));
    await setImmediate();
    expect(got).toEqual(['a', 'b', 'v']);
    slots.look('d');
    await setImmediate();
    expect(got).toEqual(['a', 'b', 'v', 'd']);
    ask(looked('w'));
    await free();
    expect(got.slice(4)).toEqual(['w']);
    await free();
    expect(got.slice(5)).toEqual(['c']);
  });

  it('gives half of itself to those that waited long', async () => {
    const { clock, got, ask } = stage({ capacity: 4, reserve });
    for (const name of ['a', 'b', 'c', 'd']) ask(unlooked(name));
    await clock.advance(9_999);
    expect(got).toEqual(['a', 'b']);
    await clock.advance(1);
    expect(got).toEqual(['a', 'b', 'c']);
    ask(looked('v'));
    await setImmediate();
    expect(got).toEqual(['a', 'b', 'c', 'v']);
  });

  it('keeps nobody out for ever: one that waited long takes turns with those that are looked at', async () => {
    const { clock, got, ask, free } = stage({ waiting: 100, reserve: { slots: 0, agedAfterMs: 10_000 } });
    ask(looked('v0'));
    ask(unlooked('a'));
    ask(unlooked('b'));
    for (let n = 1; n < 9; n++) ask(looked(`v${String(n)}`));
    await free(2);
    await clock.advance(10_000);
    await free(5);
    expect(got).toEqual(['v0', 'v1', 'v2', 'a', 'v3', 'b', 'v4', 'v5']);
  });
});

describe('what else must allow it', () => {
  it('lets the next one in when it does, or refuses whoever is next', async () => {
    let verdict: number | CarrelError = 500;
    const gated = (session: string) => ({ ...looked(session), take: () => verdict });
    const { clock, slots, got, ask } = stage({ capacity: 2 });
    ask(gated('a'));
    await clock.advance(499);
    expect(got).toEqual([]);
    verdict = 0;
    await clock.advance(1);
    expect(got).toEqual(['a']);
    verdict = 500;
    const waits = slots.acquire(gated('b'), never());
    verdict = new CarrelError('provider_failed', 'shut');
    slots.serve();
    await expect(waits).rejects.toThrow('shut');
    await expect(slots.acquire(gated('c'), never())).rejects.toThrow('shut');
    expect(slots.report).toMatchObject({ inUse: 1, free: 1, waiting: 0 });
  });
});

const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ask' as const), which: fc.nat(4) }) },
  fc.record({ do: fc.constantFrom('leave', 'give', 'giveTwice', 'look', 'time', 'gate'), which: fc.nat(9) }),
);

it('slots are all there after any storm of faults', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
      const clock = manualClock();
      let shut = false;
      const take = () => (shut ? 300 : 0);
      const reserve = { slots: 1, agedAfterMs: 400 };
      const slots = new Slots({ ...LIMITS, capacity: 3, waiting: 4, waitMs: 1_000, reserve }, clock);
      const asked: { abort: AbortController; slot?: Disposable; ended: Promise<void> }[] = [];
      const whole = (): void => {
        const { inUse, free, waiting, capacity } = slots.report;
        expect(inUse + free).toBe(capacity);
        expect(Math.min(inUse, free, waiting)).toBeGreaterThanOrEqual(0);
        expect(waiting).toBeLessThanOrEqual(4);
        // Nobody waits who could have one.
        const unlookedHeld = slots.held.filter(({ slot }) => !slot.looked).length;
        expect(unlookedHeld).toBeLessThanOrEqual(2);
        if (!shut && waiting > 0) expect(free === 0 || unlookedHeld >= 2).toBe(true);
      };
      for (const { do: what, which } of acts) {
        const one = asked[which % Math.max(1, asked.length)];
        if (what === 'ask') {
          const abort = new AbortController();
          const asking = slots.acquire({ session: `s${which % 3}`, looked: which > 2, take }, abort.signal);
          const added: (typeof asked)[number] = { abort, ended: Promise.resolve() };
          added.ended = asking.then(
            (slot) => void (added.slot = slot),
            () => undefined,
          );
          asked.push(added);
        } else if (what === 'leave') one?.abort.abort();
        else if (what === 'give' || what === 'giveTwice') one?.slot?.[Symbol.dispose]();
        else if (what === 'look') slots.look(`s${which % 3}`);
        else if (what === 'time') await clock.advance(which * 100);
        else {
          shut = !shut;
          if (!shut) slots.serve();
        }
        if (what === 'giveTwice') one?.slot?.[Symbol.dispose]();
        whole();
      }
      for (const { abort } of asked) abort.abort();
      await Promise.all(asked.map(({ ended }) => ended));
      for (const { slot } of asked) slot?.[Symbol.dispose]();
      expect(slots.report).toMatchObject({ inUse: 0, free: 3, waiting: 0 });
      slots[Symbol.dispose]();
      expect(clock.pending).toBe(0);
    }),
  );
});
