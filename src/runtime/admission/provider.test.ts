import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ModelFailure } from '../../model/index.ts';
import { codeOf } from '../../protocol/index.ts';
import { manualClock } from '../../testing/index.ts';
import { outcomeOf } from './outcome.ts';
import { Provider, type Permit, type Rates } from './provider.ts';
import { postponement } from './refusals.ts';

const LIMITS = {
  level: 'provider',
  what: 'requests to acme',
  capacity: 4,
  waiting: 10,
  waitMs: 60_000,
} as const;
const never = (): AbortSignal => new AbortController().signal;
const failure = (more: Partial<ModelFailure>): { failure: ModelFailure } => ({
  failure: { code: 'provider_failed', message: 'no', retryable: true, ...more },
});
const DOWN = failure({ data: { status: 503 } });
const usage = (input: number) => ({ usage: { input, output: 0 } });

function stage(rates: Rates = {}) {
  const clock = manualClock();
  const provider = new Provider('acme', { limits: LIMITS, rates, clock });
  /** Comes again when it is to. */
  const enter = async (session: string): Promise<Permit> => {
    for (const startedAt = clock.monotonic(); ;)
      try {
        return await provider.enter({ session, waitedMs: clock.monotonic() - startedAt }, never());
      } catch (error) {
        const later = postponement(error);
        if (later === undefined) throw error;
        await new Promise<void>((again) => void provider.postpone(later.inMs, again));
      }
  };
  const ask = async (how?: Parameters<Permit['ended']>[0], session = 'a'): Promise<void> => {
    using permit = await enter(session);
    if (how !== undefined) permit.ended(how);
  };
  /** What waiting requests came to, in their order. */
  const ends: string[] = [];
  const wait = (session: string): void =>
    void ask(usage(0), session).then(
      () => ends.push(session),
      (error: unknown) => ends.push(`${session} ${codeOf(error)}`),
    );
  return { clock, provider, ask, wait, ends };
}

describe('what a failure says of its provider', () => {
  it.each([
    [failure({ data: { status: 503 } }), 'down'],
    [failure({ data: { reason: 'connection' } }), 'down'],
    [failure({ data: { reason: 'provider' } }), 'down'],
    [failure({ code: 'timeout' }), 'down'],
    [failure({ data: { status: 429 } }), 'up'],
    [failure({ data: { status: 401 } }), 'up'],
    [failure({ code: 'model_unavailable', data: { status: 404 } }), 'up'],
    [failure({ code: 'cancelled' }), 'unknown'],
    [failure({ data: { reason: 'malformed' } }), 'unknown'],
    [usage(1), 'up'],
  ])('%j', (how, outcome) => {
    expect(outcomeOf(how)).toBe(outcome);
  });
});

describe('a provider', () => {
  it('is asked as often as is configured, by all sessions together, each in turn', async () => {
    const { clock, ask, wait, ends, provider } = stage({ requestsPerMinute: 4 });
    for (let n = 0; n < 4; n++) await ask();
    for (const session of ['a', 'b', 'c']) wait(session);
    await setImmediate();
    expect(provider.report).toMatchObject({ inUse: 0, waiting: 0, requests: { limit: 4, left: 0 } });
    await clock.advance(15_000);
    expect(ends).toEqual(['a']);
    await clock.advance(15_000);
    expect(ends).toEqual(['a', 'b']);
    await clock.advance(15_000);
    expect(ends).toEqual(['a', 'b', 'c']);
    expect(clock.pending).toBe(0);
  });

  it('is asked for as many tokens as is configured: one thinks of what those before took', async () => {
    const { clock, ask, provider } = stage({ tokensPerMinute: 600 });
    await ask(usage(400));
    expect(provider.report.tokens).toEqual({ limit: 600, left: 200 });
    const second = ask(usage(100));
    await clock.advance(19_999);
    expect(provider.report.tokens).toEqual({ limit: 600, left: 399 });
    await clock.advance(1);
    await second;
    expect(provider.report.tokens).toEqual({ limit: 600, left: 300 });
    await clock.advance(10_000);
    await ask(failure({ data: { status: 400 } }));
    expect(provider.report.tokens).toEqual({ limit: 600, left: 400 });
  });

  it('is left alone by all sessions when it asks for a pause', async () => {
    const { clock, ask, wait, ends, provider } = stage();
    await ask(failure({ data: { status: 429 }, retryAfterMs: 5_000 }));
    expect(provider.report).toMatchObject({ pausedMs: 5_000, breaker: { state: 'closed' } });
    wait('b');
    await clock.advance(4_999);
    expect(ends).toEqual([]);
    await clock.advance(1);
    expect(ends).toEqual(['b']);
  });

  it('lets who waits for long come again, and who waits for little stay', async () => {
    const { clock, ask, provider } = stage();
    await ask(failure({ data: { status: 429 }, retryAfterMs: 5_000 }));
    const refused: unknown = await provider.enter({ session: 'b' }, never()).catch((error: unknown) => error);
    expect(postponement(refused)).toEqual({ provider: 'acme', inMs: 5_000 });
    await clock.advance(4_000);
    const entered = provider.enter({ session: 'b' }, never());
    await setImmediate();
    expect(provider.report).toMatchObject({ inUse: 0, waiting: 1 });
    await clock.advance(1_000);
    (await entered)[Symbol.dispose]();
  });

  it('sends who waits away when one of those it answers is told to pause', async () => {
    const { clock, provider, wait, ends } = stage();
    const permits = await Promise.all([1, 2, 3, 4].map(() => provider.enter({ session: 'a' }, never())));
    wait('b');
    await setImmediate();
    expect(provider.report).toMatchObject({ waiting: 1 });
    permits[0]?.ended(failure({ data: { status: 429 }, retryAfterMs: 20_000 }));
    for (const permit of permits) permit[Symbol.dispose]();
    await setImmediate();
    expect(provider.report).toMatchObject({ waiting: 0, refused: 0 });
    await clock.advance(20_000);
    expect(ends).toEqual(['b']);
  });

  it('lets nobody come again for longer than one may wait, all in all', async () => {
    const { clock, ask, wait, ends, provider } = stage();
    const pause = failure({ data: { status: 429 }, retryAfterMs: 40_000 });
    using slow = await provider.enter({ session: 'a' }, never());
    await ask(pause);
    wait('b');
    await clock.advance(39_000);
    slow.ended(pause);
    await clock.advance(1_000);
    expect(ends).toEqual(['b overloaded']);
  });

  it('calls who is to come again when it is reset', async () => {
    const { clock, ask, wait, ends, provider } = stage();
    await ask(failure({ data: { status: 429 }, retryAfterMs: 50_000 }));
    wait('b');
    await clock.advance(1_000);
    expect(ends).toEqual([]);
    provider.reset();
    await setImmediate();
    expect(ends).toEqual(['b']);
    expect(clock.pending).toBe(0);
  });

  it('refuses at once what would wait too long, and says how long', async () => {
    const { ask, provider } = stage();
    await ask(failure({ data: { status: 429 }, retryAfterMs: 90_000 }));
    await expect(ask()).rejects.toMatchObject({
      code: 'overloaded',
      data: { level: 'provider', capacity: 4, retryAfterMs: 90_000 },
    });
    provider.reset();
    await ask();
  });

  it('holds what the headers of its answers say', async () => {
    const { clock, wait, ends, provider } = stage();
    {
      using permit = await provider.enter({ session: 'a' }, never());
      permit.limits({ requests: { limit: 10, remaining: 0, resetMs: 20_000 } });
      permit.ended(usage(1));
    }
    wait('b');
    await clock.advance(1_999);
    expect(ends).toEqual([]);
    await clock.advance(1);
    expect(ends).toEqual(['b']);
  });
});

describe('a provider that is down', () => {
  it('is not asked by anybody for a while, then once, then by all', async () => {
    const { clock, ask, wait, ends, provider } = stage();
    for (let n = 0; n < 4; n++) await ask(DOWN);
    await expect(ask()).rejects.toMatchObject({
      code: 'provider_failed',
      data: { provider: 'acme', retryAfterMs: 30_000 },
    });
    await clock.advance(30_000);
    const probe = await provider.enter({ session: 'a' }, never());
    wait('b');
    wait('c');
    await clock.advance(999);
    expect(provider.report).toMatchObject({ waiting: 2 });
    await clock.advance(1);
    expect(provider.report).toMatchObject({ waiting: 0 });
    await clock.advance(5_000);
    expect(ends).toEqual([]);
    probe.ended(usage(1));
    probe[Symbol.dispose]();
    await setImmediate();
    expect(ends).toEqual(['b', 'c']);
    expect(provider.report).toMatchObject({ inUse: 0, waiting: 0, breaker: { state: 'closed' } });
  });

  it('is asked by all once the one that was to find out is answered, however long that goes on', async () => {
    const { clock, ask, wait, ends, provider } = stage();
    for (let n = 0; n < 4; n++) await ask(DOWN);
    await clock.advance(30_000);
    const probe = await provider.enter({ session: 'a' }, never());
    wait('b');
    wait('c');
    await clock.advance(500);
    expect(ends).toEqual([]);
    probe.answered();
    await setImmediate();
    expect(ends).toEqual(['b', 'c']);
  });

  it('is asked at once by all when it is reset, whatever becomes of the one that was to find out', async () => {
    const { clock, ask, wait, ends, provider } = stage();
    for (let n = 0; n < 4; n++) await ask(DOWN);
    await clock.advance(30_000);
    const probe = await provider.enter({ session: 'a' }, never());
    probe.limits({ requests: { limit: 10, remaining: 0, resetMs: 600_000 } });
    wait('b');
    await setImmediate();
    provider.reset();
    await setImmediate();
    expect(ends).toEqual(['b']);
    probe.ended(DOWN);
    probe[Symbol.dispose]();
    expect(provider.report.breaker).toEqual({ state: 'closed', failures: 1 });
    await ask();
  });

  it('refuses who waits when the one that was to find out fails', async () => {
    const { clock, ask, wait, ends, provider } = stage();
    for (let n = 0; n < 4; n++) await ask(DOWN);
    await clock.advance(30_000);
    const probe = await provider.enter({ session: 'a' }, never());
    wait('b');
    await setImmediate();
    probe.ended(DOWN);
    probe[Symbol.dispose]();
    await setImmediate();
    expect(ends).toEqual(['b provider_failed']);
    expect(provider.report.breaker).toEqual({ state: 'open', failures: 5, retryAfterMs: 60_000 });
    provider.reset();
    await ask(usage(1));
  });

  it('is not thought to be down for answers that broke off', async () => {
    const { provider } = stage();
    for (let n = 0; n < 5; n++) {
      using permit = await provider.enter({ session: 'a' }, never());
      permit.answered();
      permit.ended(failure({ data: { reason: 'connection' } }));
    }
    expect(provider.report.breaker).toEqual({ state: 'closed', failures: 0 });
  });

  it('lets the next one find out when the first is stopped', async () => {
    const { clock, ask, wait, ends, provider } = stage();
    for (let n = 0; n < 4; n++) await ask(DOWN);
    await clock.advance(30_000);
    const probe = await provider.enter({ session: 'a' }, never());
    wait('b');
    wait('c');
    await setImmediate();
    probe[Symbol.dispose]();
    await setImmediate();
    expect(ends).toEqual(['b', 'c']);
  });
});
