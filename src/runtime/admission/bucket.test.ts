import { describe, expect, it } from 'vitest';
import { manualClock } from '../../testing/index.ts';
import { Bucket } from './bucket.ts';

describe('a bucket', () => {
  it('has no bound until somebody sets one', () => {
    const bucket = new Bucket(manualClock());
    bucket.take(1_000_000);
    expect(bucket.waitMs(1_000_000)).toBe(0);
    expect(bucket.report).toBeUndefined();
  });

  it('fills evenly up to what is configured', async () => {
    const clock = manualClock();
    const bucket = new Bucket(clock, 60);
    bucket.take(60);
    expect(bucket.waitMs(1)).toBe(1_000);
    await clock.advance(1_500);
    expect(bucket.waitMs(1)).toBe(0);
    expect(bucket.report).toEqual({ limit: 60, left: 1 });
    await clock.advance(600_000);
    expect(bucket.report).toEqual({ limit: 60, left: 60 });
  });

  it('gives more than the whole when it is full, and then nothing until that came back', async () => {
    const clock = manualClock();
    const bucket = new Bucket(clock, 60);
    expect(bucket.waitMs(120)).toBe(0);
    bucket.take(120);
    expect(bucket.waitMs(1)).toBe(61_000);
    await clock.advance(61_000);
    expect(bucket.waitMs(1)).toBe(0);
  });

  it('takes back what was thought too much, and what was thought too little', () => {
    const bucket = new Bucket(manualClock(), 100);
    bucket.take(40);
    bucket.correct(-30);
    expect(bucket.report).toEqual({ limit: 100, left: 90 });
    bucket.correct(100);
    expect(bucket.report).toEqual({ limit: 100, left: -10 });
    bucket.correct(-500);
    expect(bucket.report).toEqual({ limit: 100, left: 100 });
  });

  it('holds what the provider says last, when nothing is configured', async () => {
    const clock = manualClock();
    const bucket = new Bucket(clock);
    bucket.hear({ limit: 100, remaining: 0, resetMs: 10_000 });
    expect(bucket.waitMs(10)).toBe(1_000);
    bucket.correct(50);
    await clock.advance(1_000);
    expect(bucket.waitMs(10)).toBe(0);
    bucket.hear({ limit: 60, remaining: 60, resetMs: 0 });
    bucket.take(60);
    expect(bucket.waitMs(1)).toBe(1_000);
  });

  it('takes no word for a wait of more than an hour, nor for more than the whole', async () => {
    const clock = manualClock();
    const bucket = new Bucket(clock);
    bucket.hear({ limit: 60, remaining: 0, resetMs: 1_767_225_600_000 });
    expect(bucket.waitMs(1)).toBe(60_000);
    await clock.advance(60_000);
    expect(bucket.waitMs(1)).toBe(0);
    bucket.hear({ limit: 60, remaining: 600, resetMs: 1_000 });
    expect(bucket.report).toEqual({ limit: 60, left: 60 });
  });

  it('forgets what the provider said, but not what is configured', () => {
    const [heard, configured] = [new Bucket(manualClock()), new Bucket(manualClock(), 10)];
    for (const bucket of [heard, configured]) {
      bucket.hear({ limit: 10, remaining: 0, resetMs: 60_000 });
      bucket.forget();
    }
    expect([heard.waitMs(1), heard.report]).toEqual([0, undefined]);
    expect([configured.waitMs(1), configured.report]).toEqual([6_000, { limit: 10, left: 0 }]);
  });

  it('never gives more than is configured, whatever the provider says', () => {
    const bucket = new Bucket(manualClock(), 10);
    bucket.take(5);
    bucket.hear({ limit: 1_000, remaining: 900, resetMs: 0 });
    expect(bucket.report).toEqual({ limit: 10, left: 5 });
    bucket.hear({ limit: 1_000, remaining: 0, resetMs: 60_000 });
    expect(bucket.report).toEqual({ limit: 10, left: 0 });
  });
});
