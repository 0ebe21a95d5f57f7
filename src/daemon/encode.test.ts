import { expect, it } from 'vitest';
import type { DeltaFrame } from '../protocol/index.ts';
import { coalesce } from '../runtime/index.ts';
import { encodeBatch } from './encode.ts';

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
