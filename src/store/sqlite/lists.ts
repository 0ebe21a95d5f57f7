// Lists, by the index on age. Counting what the conditions hide is done only where there are conditions.
import type { SessionSummary } from '../../protocol/index.ts';
import { isNarrowed, placeOf, placeToken, type ListPlace } from '../listing.ts';
import type { DueQuery, ListQuery, SessionPage, StatusCounts } from '../port.ts';
import type { Connection } from './connection.ts';
import type { Value } from './driver.ts';

interface Where {
  readonly sql: string;
  readonly values: readonly Value[];
}

type ListRow = ListPlace & { readonly summary: string };

export function listSessions(connection: Connection, query: ListQuery): SessionPage {
  const narrowed = whereOf(query);
  const { sql, values } = query.after === undefined ? narrowed : behind(narrowed, placeOf(query.after));
  const rows = connection.all<ListRow>(
    `SELECT session, updated_at AS updatedAt, summary FROM sessions WHERE ${sql}
     ORDER BY updated_at DESC, session LIMIT ?`,
    ...values,
    query.limit + 1,
  );
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    sessions: page.map(({ summary }) => JSON.parse(summary) as SessionSummary),
    hidden: isNarrowed(query)
      ? count(connection, whereOf({ owner: query.owner })) - count(connection, narrowed)
      : 0,
    ...(last !== undefined && rows.length > page.length ? { next: placeToken(last) } : {}),
  };
}

export function countSessions(connection: Connection, owner: string): StatusCounts {
  const sql = 'SELECT status, count(*) AS n FROM sessions WHERE owner = ? GROUP BY status';
  const rows = connection.all<{ status: string; n: number }>(sql, owner);
  return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
}

/** Without `open` the index on `wake_at` gives them in their order, so that the first of many costs no more than the first of few. */
export function dueSessions(
  connection: Connection,
  { now, after = Number.MIN_SAFE_INTEGER, open = false, limit }: DueQuery,
): SessionSummary[] {
  const isDue = 'wake_at > ? AND wake_at <= ?';
  const which = open
    ? `no IN (SELECT no FROM sessions WHERE ${isDue} UNION SELECT no FROM sessions WHERE open = 1)
       ORDER BY coalesce(wake_at, 0), session`
    : `${isDue} ORDER BY wake_at, session`;
  return connection
    .all<{ summary: string }>(`SELECT summary FROM sessions WHERE ${which} LIMIT ?`, after, now, limit)
    .map(({ summary }) => JSON.parse(summary) as SessionSummary);
}

/** The numbers come from the index on tags, whatever else narrows the list. */
const HAS_TAG = 'no IN (SELECT no FROM tags, (SELECT ? AS tag) WHERE key = tag ->> 0 AND value = tag ->> 1)';

function whereOf({ owner, folder, name, parent, status, text, tags = {} }: Omit<ListQuery, 'limit'>): Where {
  const conditions: readonly (readonly [sql: string, value: Value | undefined])[] = [
    ['owner = ?', owner],
    ['folder = ?', folder],
    ['name = ?', name],
    ['parent = ?', parent],
    ['status IN (SELECT value FROM json_each(?))', status && JSON.stringify(status)],
    ['instr(words, ?) > 0', text?.toLowerCase()],
    ...Object.entries(tags).map((tag) => [HAS_TAG, JSON.stringify(tag)] as const),
  ];
  const used = conditions.filter(([, value]) => value !== undefined);
  return { sql: used.map(([sql]) => sql).join(' AND '), values: used.map(([, value]) => value ?? null) };
}

/** The first of the new conditions is what the index can seek by. */
function behind({ sql, values }: Where, { updatedAt, session }: ListPlace): Where {
  return {
    sql: `${sql} AND updated_at <= ? AND (updated_at < ? OR session > ?)`,
    values: [...values, updatedAt, updatedAt, session],
  };
}

function count(connection: Connection, { sql, values }: Where): number {
  return connection.get<{ n: number }>(`SELECT count(*) AS n FROM sessions WHERE ${sql}`, ...values)?.n ?? 0;
}
