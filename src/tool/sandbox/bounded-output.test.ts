import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedOutput } from './bounded-output.ts';

const outputOf = (limit: number, chunks: readonly Buffer[]): BoundedOutput => {
  const output = new BoundedOutput(limit);
  for (const chunk of chunks) output.push(chunk);
  return output;
};

describe('BoundedOutput', () => {
  it('gives short output as it came', () => {
    const output = outputOf(1000, [Buffer.from('one '), Buffer.from('two')]);
    expect([output.text(), output.cut]).toEqual(['one two', false]);
  });

  it('keeps the first and the last part and counts the rest', () => {
    const output = outputOf(84, [Buffer.from('<begin>'), Buffer.alloc(1000, 'x'), Buffer.from('<end>')]);
    expect(output.text()).toBe('<begin>xxx\n[… 992 bytes left out …]\nxxxxx<end>');
    expect(output.cut).toBe(true);
  });

  it('cuts between characters', () => {
    const { length } = Buffer.from('€');
    for (let shift = 0; shift < length; shift++) {
      const text = outputOf(97 + shift, [Buffer.from(`${'.'.repeat(shift)}${'€'.repeat(500)}`)]).text();
      expect(text).not.toContain('\ufffd');
    }
  });

  it('holds no more than its limit and one chunk, however much comes', () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const output = new BoundedOutput(256 * 1024);
    for (let index = 0; index < 10_000; index++) output.push(chunk);
    expect(output.text().length).toBeLessThanOrEqual(256 * 1024);
  });

  it('keeps within its limit, and loses nothing that fits, however the stream is split', () => {
    const property = fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 30 }),
      fc.integer({ min: 70, max: 600 }),
      (texts, limit) => {
        const whole = Buffer.from(texts.join(''));
        const output = outputOf(
          limit,
          texts.map((text) => Buffer.from(text)),
        );
        const at = outputOf(limit, [whole]);
        const fits = whole.length <= limit - 64;
        return (
          output.text() === at.text() &&
          output.cut === !fits &&
          (!fits || output.text() === whole.toString()) &&
          Buffer.byteLength(output.text()) <= limit
        );
      },
    );
    expect(fc.check(property).counterexample).toBeNull();
  });
});
