import type { Sink } from '../terminal.ts';
import { paint } from './style.ts';
import { cells, fit } from './width.ts';

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => string;
  /** Cells at most. The last column takes what is left of a terminal's line instead. */
  readonly max?: number;
}

const GAP = '  ';
/** The last column is never squeezed below this many cells. */
const LAST_MIN = 20;

/** An aligned table with a head line. On a terminal no line is longer than the screen; elsewhere the last column is whole. */
export function table<Row>(sink: Sink, columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ head }) => head),
    ...rows.map((row) => columns.map(({ cell, max }) => fit(cell(row), max ?? 1000))),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => cells(line[index] ?? ''))));
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
  const room = sink.terminal ? Math.max(LAST_MIN, sink.columns - before - 1) : Number.MAX_SAFE_INTEGER;
  const text = lines.map((line) =>
    line
      .map((cell, index) => (index === line.length - 1 ? fit(cell, room) : pad(cell, widths[index] ?? 0)))
      .join(GAP)
      .trimEnd(),
  );
  return [paint(sink, 'bold', text[0] ?? ''), ...text.slice(1)].map((line) => `${line}\n`).join('');
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cells(text)));
}
