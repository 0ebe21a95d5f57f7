import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TailChunk } from '../store/index.ts';
import { Tail, wholeCharacters } from './tail.ts';

const place = (part: string) => ({ step: 'stp_1', part, kind: 'text' as const });

describe('the tail', () => {
  it('brings each text to the store once, in order, whatever fails', () => {
    const act = fc.oneof(
      fc.record({
        do: fc.constant('add' as const),
        part: fc.constantFrom('a', 'b'),
        text: fc.string({ minLength: 1 }),
      }),
      fc.record({
        do: fc.constantFrom('write' as const, 'fail' as const, 'end' as const),
        part: fc.constantFrom('a', 'b'),
      }),
    );
    fc.assert(
      fc.property(fc.array(act), (acts) => {
        const tail = new Tail();
        const texts = new Map<string, string>();
        const stored = new Map<string, string>();
        const store = ({ part, offset, text }: TailChunk): void => {
          expect(offset).toBe((stored.get(part) ?? '').length);
          stored.set(part, (stored.get(part) ?? '') + text);
        };
        for (const next of acts) {
          const { part } = next;
          if (next.do === 'add') {
            expect(tail.add(place(part), next.text)).toBe((texts.get(part) ?? '').length);
            texts.set(part, (texts.get(part) ?? '') + next.text);
          } else if (next.do === 'write') tail.takeChunks([]).forEach(store);
          else if (next.do === 'fail') tail.unsave(tail.takeChunks([]));
          else {
            for (const chunk of tail.takeChunks([part])) {
              expect(chunk.part).not.toBe(part);
              store(chunk);
            }
            tail.end(part);
            texts.delete(part);
            stored.delete(part);
          }
          const shown = tail.frames('ses_1', 1).map((frame) => [frame.part, frame.text]);
          expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(texts));
        }
        tail.takeChunks([]).forEach(store);
        expect(tail.dirty).toBe(false);
        expect(stored).toEqual(texts);
      }),
    );
  });

  it('keeps half a character until the other half is there', () => {
    expect(wholeCharacters('a😀')).toEqual({ whole: 'a😀', rest: '' });
    expect(wholeCharacters('a\ud83d')).toEqual({ whole: 'a', rest: '\ud83d' });
    expect(wholeCharacters('')).toEqual({ whole: '', rest: '' });
  });
});
