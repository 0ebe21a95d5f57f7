import fc from 'fast-check';
import { expect, it } from 'vitest';
import { excerpt } from './output.ts';

const LIMIT = 256;

it('shows the two ends of a text within its bytes, and breaks no character', () => {
  const text = fc.string({ unit: 'grapheme', minLength: LIMIT, maxLength: 4 * LIMIT });
  fc.assert(
    fc.property(text, fc.integer({ min: LIMIT, max: 1_024 }), (whole, limit) => {
      const bytes = Buffer.byteLength(whole);
      fc.pre(bytes > limit);
      const shown = excerpt(whole, bytes, limit);
      expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(limit);
      expect(shown.isWellFormed()).toBe(true);
      const [begin = '', end = ''] = shown.split(
        `\n… ${String(bytes)} bytes in all, the middle is left out …\n`,
      );
      expect(whole.startsWith(begin) && whole.endsWith(end)).toBe(true);
      expect(begin.length + end.length).toBeLessThan(whole.length);
      expect(Buffer.byteLength(shown)).toBeGreaterThan(limit - 80);
    }),
    { numRuns: 300 },
  );
});
