import type { SessionSummary } from '../../protocol/index.ts';
import type { ListQuery, SessionPage } from '../port.ts';

/** Newest activity first; a page goes on after the last row of the one before. */
export function listPage(rows: Iterable<SessionSummary>, query: ListQuery): SessionPage {
  const own = [...rows].filter((row) => row.owner === query.owner);
  const matching = own.filter((row) => matches(row, query)).sort(newestFirst);
  const start = query.after === undefined ? 0 : matching.findIndex((row) => isAfter(row, query.after ?? ''));
  const sessions = start === -1 ? [] : matching.slice(start, start + query.limit);
  const last = sessions.at(-1);
  const more = last !== undefined && start + query.limit < matching.length;
  return { sessions, hidden: own.length - matching.length, ...(more ? { next: place(last) } : {}) };
}

function matches(row: SessionSummary, { folder, name, status, parent, text }: ListQuery): boolean {
  const needle = text?.toLowerCase();
  return (
    (folder === undefined || row.folder === folder) &&
    (name === undefined || row.name === name) &&
    (status === undefined || status.includes(row.status)) &&
    (parent === undefined || row.parent === parent) &&
    (needle === undefined ||
      row.name.toLowerCase().includes(needle) ||
      (row.title ?? '').toLowerCase().includes(needle))
  );
}

function newestFirst(a: SessionSummary, b: SessionSummary): number {
  return b.updatedAt - a.updatedAt || (a.session < b.session ? -1 : 1);
}

function place(row: SessionSummary): string {
  return `${String(row.updatedAt)}:${row.session}`;
}

function isAfter(row: SessionSummary, after: string): boolean {
  const colon = after.indexOf(':');
  const updatedAt = Number(after.slice(0, colon));
  return row.updatedAt < updatedAt || (row.updatedAt === updatedAt && row.session > after.slice(colon + 1));
}
