import type { SessionSummary } from '../../protocol/index.ts';
import type { Row } from '../encode.ts';
import { placeOf, placeToken, type ListPlace } from '../listing.ts';
import type { DueQuery, ListQuery, SessionPage, StatusCounts } from '../port.ts';
import type { MemoryData, MemorySession } from './data.ts';

type Entry = ListPlace & { readonly row: Row };

export function listPage({ sessions, tags }: MemoryData, query: ListQuery): SessionPage {
  const own = [...sessions].filter(([, { owner }]) => owner === query.owner);
  const tagged = Object.entries(query.tags ?? {}).map((tag) => tags.get(JSON.stringify(tag)));
  const matching = own
    .filter(([session]) => tagged.every((having) => having?.has(session)))
    .map(([session, { row }]): Entry => ({ session, updatedAt: row.updatedAt, row }))
    .filter(({ row }) => matches(row, query))
    .toSorted(newestFirst);
  const start = query.after === undefined ? undefined : placeOf(query.after);
  const rest = matching.filter((entry) => start === undefined || newestFirst(start, entry) < 0);
  const page = rest.slice(0, query.limit);
  const last = page.at(-1);
  return {
    sessions: page.map(({ row }) => summaryOf(row)),
    hidden: own.length - matching.length,
    ...(last !== undefined && rest.length > page.length ? { next: placeToken(last) } : {}),
  };
}

export function countSessions(sessions: ReadonlyMap<string, MemorySession>, owner: string): StatusCounts {
  const counts: Record<string, number> = {};
  for (const kept of sessions.values())
    if (kept.owner === owner) counts[kept.row.status] = (counts[kept.row.status] ?? 0) + 1;
  return counts;
}

/** Those to wake, soonest first; open work without a time is due at once. */
export function duePage(
  sessions: ReadonlyMap<string, MemorySession>,
  { now, after = -Infinity, open, limit }: DueQuery,
): SessionSummary[] {
  return [...sessions]
    .map(([session, { row }]) => ({ session, at: row.wakeAt ?? 0, row }))
    .filter(({ row: { wakeAt, open: isOpen } }) => {
      const isDue = wakeAt !== null && wakeAt <= now && wakeAt > after;
      return isDue || (open === true && isOpen === 1);
    })
    .toSorted((a, b) => a.at - b.at || compare(a.session, b.session))
    .slice(0, limit)
    .map(({ row }) => summaryOf(row));
}

export function summaryOf(row: Row): SessionSummary {
  return JSON.parse(row.summary) as SessionSummary;
}

function matches(row: Row, { folder, name, status, parent, text }: ListQuery): boolean {
  return (
    (folder === undefined || row.folder === folder) &&
    (name === undefined || row.name === name) &&
    (status === undefined || status.some((one) => one === row.status)) &&
    (parent === undefined || row.parent === parent) &&
    (text === undefined || row.words.includes(text.toLowerCase()))
  );
}

function newestFirst(a: ListPlace, b: ListPlace): number {
  return b.updatedAt - a.updatedAt || compare(a.session, b.session);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
