import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DeltaFrame } from '../protocol/index.ts';
import { coalesce, encodeBatch } from './encode.ts';

const frame = (part: string, offset: number, text: string): DeltaFrame => ({
  type: 'delta',
  session: 'ses_1',
  seq: 4,
  step: 'stp_1',
  part,
  kind: 'text',
  offset,
  text,
});

it('joins what follows each other in one part, and nothing else', () => {
  const pieces = fc.array(fc.tuple(fc.constantFrom('prt_1', 'prt_2'), fc.string({ maxLength: 4 })));
  fc.assert(
    fc.property(pieces, (said) => {
      const shown: Record<string, string> = {};
      const frames = said.map(([part, text]) => {
        const offset = shown[part]?.length ?? 0;
        shown[part] = (shown[part] ?? '') + text;
        return frame(part, offset, text);
      });
      const joined = coalesce(frames) as readonly DeltaFrame[];
      const told: Record<string, string> = {};
      for (const { part, offset, text } of joined) {
        expect(offset).toBe(told[part]?.length ?? 0);
        told[part] = (told[part] ?? '') + text;
      }
      expect(told).toEqual(shown);
      for (const [i, { part }] of joined.entries()) expect(joined[i + 1]?.part).not.toBe(part);
    }),
  );
  const gap = [frame('prt_1', 0, 'a'), frame('prt_1', 2, 'c')];
  expect(coalesce(gap)).toEqual(gap);
});

it('encodes what came to several viewers together once, and never takes one batch for another', () => {
  const [a, b, c] = [frame('prt_1', 0, 'a'), frame('prt_1', 1, 'b'), frame('prt_2', 0, 'c')];
  const both = encodeBatch([a, b]);
  expect(JSON.parse(`[${both}]`)).toEqual([{ ...a, text: 'ab' }]);
  // The text of the same items is kept: a change behind its back does not show.
  (a as { text: string }).text = 'x';
  expect(encodeBatch([a, b])).toBe(both);
  for (const other of [[a], [a, c], [a, b, c], [b, a]])
    expect(JSON.parse(`[${encodeBatch(other)}]`)).toEqual(coalesce(other));
  expect(encodeBatch([])).toBe('');
});
