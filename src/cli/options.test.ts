import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Options, parseDuration } from './options.ts';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '30', 's', '-1s', '1.5s', '1 s', '1w', '0s', '1s x', '99999999999999999d'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it('adds its pieces up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 0, max: 59 }), (minutes, seconds) => {
        expect(parseDuration(`${String(minutes)}m${String(seconds)}s`)).toBe(
          minutes * 60_000 + seconds * 1000,
        );
      }),
    );
  });
});

describe('Options', () => {
  const options = new Options({
    json: true,
    limit: '20',
    bad: '2x',
    maxSteps: '0',
    mode: 'loud',
    tag: ['a=b'],
  });

  it('reads each kind', () => {
    expect(options.flag('json')).toBe(true);
    expect(options.flag('absent')).toBe(false);
    expect(options.integer('limit', { min: 1, max: 100 })).toBe(20);
    expect(options.integer('absent', { min: 1, max: 100 })).toBeUndefined();
    expect(options.texts('tag')).toEqual(['a=b']);
  });

  const refused: readonly (readonly [string, () => unknown])[] = [
    ['--limit', () => options.integer('limit', { min: 1, max: 10 })],
    ['--bad', () => options.integer('bad', { min: 1, max: 10 })],
    ['--max-steps', () => options.integer('maxSteps', { min: 1, max: 10 })],
    ['--mode', () => options.choice('mode', ['ask', 'read'])],
  ];
  it.each(refused)('names %s and what it takes', (flag, read) => {
    expect(read).toThrow(
      expect.objectContaining({
        code: 'invalid_params',
        message: expect.stringContaining(flag) as string,
      }) as Error,
    );
  });
});
