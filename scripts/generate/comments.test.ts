import { expect, test } from 'vitest';
import { docComments } from './comments.ts';

test('comments belong to the declaration or field that follows them', () => {
  const text = `
    /** Who asked. */
    export const Source = z.object({
      /** Its kind. */
      kind: z.string(),
      name: z.string(),
    });
    // Not a doc comment.
    const other = 1;
    const table = {
      /**
       * Over
       * two lines.
       */
      'a.b': z.object({ /** Deep. */ c: 1 }),
    };`;
  expect([...docComments('a.ts', text)]).toEqual([
    ['Source', 'Who asked.'],
    ['Source.kind', 'Its kind.'],
    ['table.a.b', 'Over two lines.'],
    ['a.b.c', 'Deep.'],
  ]);
});
