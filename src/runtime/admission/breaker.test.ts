import { describe, expect, it } from 'vitest';
import { manualClock } from '../../testing/index.ts';
import { Breaker } from './breaker.ts';
import type { Outcome } from './outcome.ts';

function stage() {
  const clock = manualClock();
  const breaker = new Breaker(clock);
  const ask = (...outcomes: Outcome[]): void => outcomes.forEach((outcome) => breaker.begin()(outcome));
  return { clock, breaker, ask };
}

const DOWN: readonly Outcome[] = ['down', 'down', 'down', 'down'];

describe('a breaker', () => {
  it.each<[string, readonly Outcome[], 'open' | 'closed']>([
    ['four failures in a row', DOWN, 'open'],
    ['three', DOWN.slice(1), 'closed'],
    ['four with an answer between', ['down', 'down', 'down', 'up', 'down'], 'closed'],
    ['four with something between that says nothing', ['down', 'down', 'unknown', 'down', 'down'], 'open'],
  ])('after %s', (_, outcomes, state) => {
    const { breaker, ask } = stage();
    ask(...outcomes);
    expect(breaker.report.state).toBe(state);
  });

  it('does not open for failures that lie far apart', async () => {
    const { clock, breaker, ask } = stage();
    for (const outcome of DOWN) {
      ask(outcome);
      await clock.advance(41_000);
    }
    expect(breaker.report).toEqual({ state: 'closed', failures: 4 });
    ask('down');
    expect(breaker.report.state).toBe('closed');
    ask('down');
    expect(breaker.report.state).toBe('open');
  });

  it('asks once after a pause, and by that closes or waits longer, up to a bound', async () => {
    const { clock, breaker, ask } = stage();
    ask(...DOWN);
    for (const pauseMs of [30_000, 60_000, 120_000, 240_000, 300_000, 300_000]) {
      expect(breaker.report).toMatchObject({ state: 'open', retryAfterMs: pauseMs });
      await clock.advance(pauseMs);
      expect(breaker.report.state).toBe('half-open');
      const tell = breaker.begin();
      expect(breaker.probingMs).toBe(0);
      tell('down');
      tell('up');
      expect(breaker.probingMs).toBeUndefined();
    }
    await clock.advance(300_000);
    ask('up');
    expect(breaker.report).toEqual({ state: 'closed', failures: 0 });
    ask(...DOWN);
    expect(breaker.report).toMatchObject({ retryAfterMs: 30_000 });
  });

  it('lets another find out when the one that should was stopped', async () => {
    const { clock, breaker, ask } = stage();
    ask(...DOWN);
    await clock.advance(30_000);
    ask('unknown');
    expect(breaker.probingMs).toBeUndefined();
    expect(breaker.report.state).toBe('half-open');
  });

  it('learns nothing new from requests that began before it opened, but that the provider answers', () => {
    const { breaker, ask } = stage();
    const [late, lucky] = [breaker.begin(), breaker.begin()];
    ask(...DOWN);
    late('down');
    expect(breaker.report).toMatchObject({ state: 'open', failures: 5, retryAfterMs: 30_000 });
    lucky('up');
    expect(breaker.report.state).toBe('closed');
  });

  it('can be reset', () => {
    const { breaker, ask } = stage();
    ask(...DOWN);
    breaker.reset();
    expect(breaker.report).toEqual({ state: 'closed', failures: 0 });
  });

  it('can be reset while one finds out, whose outcome then is one like all others', async () => {
    const { clock, breaker, ask } = stage();
    ask(...DOWN);
    await clock.advance(30_000);
    const tell = breaker.begin();
    breaker.reset();
    expect(breaker.probingMs).toBeUndefined();
    tell('down');
    expect(breaker.report).toEqual({ state: 'closed', failures: 1 });
  });

  it('hears of an older one nothing while a newer one finds out', async () => {
    const { clock, breaker, ask } = stage();
    ask(...DOWN);
    await clock.advance(30_000);
    const older = breaker.begin();
    breaker.reset();
    ask(...DOWN);
    await clock.advance(30_000);
    breaker.begin();
    older('down');
    expect([breaker.probingMs, breaker.report.state]).toEqual([0, 'half-open']);
  });
});
