import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DeltaFrame } from '../protocol/index.ts';
import { coalesce } from './coalesce.ts';

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
      const joined = coalesce(frames);
      const told: Record<string, string> = {};
      for (const { part, offset, text } of joined) {
        expect(offset).toBe(told[part]?.length ?? 0);
        told[part] = (told[part] ?? '') + text;
      }
      expect(told).toEqual(shown);
      for (const [i, { part }] of joined.entries()) expect(joined[i + 1]?.part).not.toBe(part);
    }),
  );
  const run = [frame('prt_1', 0, 'a'), frame('prt_1', 1, 'b')];
  // Those who are told the same run share it, so that it is written down once for all of them.
  expect(coalesce(run)[0]).toBe(coalesce([...run])[0]);
  const gap = [frame('prt_1', 0, 'a'), frame('prt_1', 2, 'c')];
  expect(coalesce(gap)).toEqual(gap);
});
