import { describe, expect, it } from 'vitest';
import { memorySink } from '../fixtures.ts';
import { table, type Column } from './table.ts';
import { cells, fit } from './width.ts';

interface Row {
  readonly name: string;
  readonly title: string;
}
const columns: readonly Column<Row>[] = [
  { head: 'NAME', cell: (row) => row.name, max: 10 },
  { head: 'TITLE', cell: (row) => row.title },
];

describe('table', () => {
  it('aligns columns, also behind wide characters', () => {
    const rows = [
      { name: '資料', title: 'wide' },
      { name: 'plain', title: 'narrow' },
    ];
    expect(table(memorySink(), columns, rows)).toBe('NAME   TITLE\n資料   wide\nplain  narrow\n');
  });

  it('keeps a row on one line of the terminal and takes control sequences out', () => {
    const rows = [{ name: 'a\u001b[31mred\u001b[0m', title: `first\nsecond ${'x'.repeat(200)}` }];
    const lines = table(memorySink({ terminal: true, columns: 40 }), columns, rows)
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^ared {2}first second x+…$/);
    expect(cells(lines[1] ?? '')).toBeLessThan(40);
  });

  it('cuts no title for a pipe', () => {
    expect(table(memorySink(), columns, [{ name: 'a', title: 'y'.repeat(300) }])).toContain('y'.repeat(300));
  });
});

describe('fit', () => {
  it.each([
    ['short', 10, 'short'],
    ['exactly', 7, 'exactly'],
    ['too long', 5, 'too …'],
    ['資料資料', 5, '資料…'],
    ['a\tb\u0007c', 10, 'a bc'],
  ])('%j in %d cells is %j', (text, limit, wanted) => {
    expect(fit(text, limit)).toBe(wanted);
  });
});
