import { stripControls } from '../../base/index.ts';
import type { ContextKind, ContextPart, ContextReport } from '../../protocol/index.ts';
import type { Sink } from '../terminal.ts';
import { table, type Column } from './table.ts';

/** What the context costs: the sums, then its parts. */
export function contextText(sink: Sink, name: string, report: ContextReport): string {
  const kinds = Object.entries(report.kinds) as [ContextKind, { parts: number; tokens: number }][];
  const sums = kinds.map(([kind, { parts, tokens }]) => ({ kind, parts, tokens }));
  return [
    `${headline(name, report)}\n${compaction(report)}\n`,
    table(sink, SUMS, sums),
    report.parts.length === 0 ? '' : table(sink, PARTS, report.parts),
    ...(report.before === undefined ? [] : [`Earlier parts: --before ${String(report.before)}\n`]),
  ]
    .filter((block) => block !== '')
    .join('\n');
}

function headline(
  name: string,
  { used, budget, remaining, window, reserve, left, correction }: ContextReport,
): string {
  const of =
    budget === undefined
      ? `, and nobody said how much its model takes`
      : ` of ${String(budget)} (window ${String(window)}, ${String(reserve)} of it for the answer); ${String(remaining)} left`;
  const out =
    left.parts === 0
      ? ''
      : `; ${String(left.parts)} parts of ${String(left.tokens)} tokens are out of context`;
  const corrected =
    correction === 1 ? '' : `; estimates times ${correction.toFixed(2)}, as the provider reported`;
  return `${name}: about ${String(used)} tokens${of}${out}${corrected}`;
}

function compaction({ compaction: { state, undoable, failed } }: ContextReport): string {
  const undo = undoable === 0 ? '' : `; ${String(undoable)} can be undone (carrel uncompact)`;
  const why =
    failed === undefined
      ? ''
      : `; the newest came to nothing (${failed.reason}): ${stripControls(failed.error.message)}`;
  return `compaction ${state}${undo}${why}`;
}

interface SumRow {
  readonly kind: ContextKind;
  readonly parts: number;
  readonly tokens: number;
}

const SUMS: readonly Column<SumRow>[] = [
  { head: 'KIND', cell: ({ kind }) => kind },
  { head: 'PARTS', cell: ({ parts }) => String(parts) },
  { head: 'TOKENS', cell: ({ tokens }) => String(tokens) },
];

const PARTS: readonly Column<ContextPart>[] = [
  { head: 'EVENT', cell: ({ seq }) => (seq === undefined ? '-' : String(seq)) },
  { head: 'KIND', cell: ({ kind }) => kind },
  { head: 'TOKENS', cell: ({ tokens }) => String(tokens) },
  { head: 'IN CONTEXT', cell: ({ inContext }) => (inContext ? 'yes' : 'no') },
  { head: 'WHAT', cell: ({ name }) => name },
];
