// What the demo prints while the sessions work.
import { stripControls } from '../../src/base/index.ts';
import type { ViewItem } from '../../src/protocol/index.ts';

const COLUMN = 8;

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** One line for an item worth a line, or none: deltas are gathered by the caller. */
export function lineOf(name: string, item: ViewItem): string | undefined {
  const what = describe(item);
  return what === undefined ? undefined : `  ${name.padEnd(COLUMN)} ${stripControls(what)}`;
}

function describe(item: ViewItem): string | undefined {
  switch (item.type) {
    case 'input.accepted':
      return `› ${item.data.text.split('\n').join(' · ')}`;
    case 'tool.requested':
      return `… ${item.data.tool} ${JSON.stringify(item.data.args)}`;
    case 'tool.finished':
      return `${item.data.status === 'ok' ? '✓' : '✗'} ${item.data.status}: ${firstLine(item.data.output.text)}`;
    case 'approval.requested':
      return `⏳ waits for you: ${item.data.summary}`;
    case 'child.started':
      return '+ starts a child';
    case 'child.changed':
      return item.data.waiting ? '⏳ a child of it waits for you' : undefined;
    case 'budget.reached':
      return `✗ its budget is reached: ${String(item.data.spent)} of ${String(item.data.limit)} ${item.data.measure}`;
    case 'turn.cancel-requested':
      return '✗ cancel requested';
    case 'turn.finished':
      return `■ turn ${item.data.outcome}`;
    default:
      return undefined;
  }
}

function firstLine(text: string): string {
  const line = text.split('\n').find((each) => each.trim() !== '') ?? '';
  return line.length > 70 ? `${line.slice(0, 69)}…` : line;
}

/** A plain table; every cell on one line. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}
