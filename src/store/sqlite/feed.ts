// Events of all sessions in the order of their arrival: the row ids of `events` are that order, and cost nothing to keep.
import type { SessionEvent } from '../../protocol/index.ts';
import { eventOf } from '../chain.ts';
import { FEED_WINDOW, fitting, MOST_MOVED } from '../feed/bounds.ts';
import type { FeedPage, FeedQuery, Moved } from '../port.ts';
import type { Connection } from './connection.ts';

/** `CROSS` keeps the order of the tables: the window of events first. */
const MATCHING = `FROM events e CROSS JOIN sessions s ON s.no = e.no
  WHERE e.id > ?1 AND e.id <= ?2 AND s.owner = ?3 AND (?4 IS NULL OR s.folder = ?4)
    AND (?5 IS NULL OR s.session IN (SELECT value FROM json_each(?5)))
    AND (?6 IS NULL OR json_extract(e.body, '$.type') IN (SELECT value FROM json_each(?6)))
  ORDER BY e.id LIMIT ?7`;

export function readFeed(connection: Connection, query: FeedQuery): FeedPage {
  const { owner, after, limit, folder, sessions, types } = query;
  const head = feedHead(connection);
  const end = Math.min(head, after + FEED_WINDOW);
  const found = connection.all<{ place: number; size: number }>(
    `SELECT e.id AS place, length(e.body) AS size ${MATCHING}`,
    after,
    end,
    owner,
    folder ?? null,
    sessions === undefined ? null : JSON.stringify(sessions),
    types === undefined ? null : JSON.stringify(types),
    limit,
  );
  const taken = found.slice(0, fitting(found.map(({ size }) => size)));
  const places = taken.map(({ place }) => place);
  const isAll = taken.length === found.length && found.length < limit;
  return {
    events: eventsAt(connection, places),
    place: isAll ? Math.max(after, end) : (places.at(-1) ?? after),
    head,
  };
}

/** The last place that was given, also of an event that is gone. */
export function feedHead(connection: Connection): number {
  return connection.get<{ head: number }>('SELECT coalesce(max(id), 0) AS head FROM events')?.head ?? 0;
}

function eventsAt(
  connection: Connection,
  places: readonly number[],
): { readonly place: number; readonly event: SessionEvent }[] {
  if (places.length === 0) return [];
  return connection
    .all<{ place: number; session: string; body: string }>(
      `SELECT e.id AS place, s.session AS session, e.body AS body
       FROM json_each(?) wanted CROSS JOIN events e ON e.id = wanted.value CROSS JOIN sessions s ON s.no = e.no ORDER BY e.id`,
      JSON.stringify(places),
    )
    .map(({ place, session, body }) => ({ place, event: eventOf(session, body) }));
}

export function movedBehind(connection: Connection, owner: string, after: number): Moved | undefined {
  const head = feedHead(connection);
  if (after > head || head - after > MOST_MOVED) return undefined;
  const sessions = connection.all<{ session: string }>(
    `SELECT session FROM sessions WHERE owner = ? AND no IN (SELECT no FROM events WHERE id > ?)`,
    owner,
    after,
  );
  const erased = connection.all<{ session: string }>(
    'SELECT session FROM tombstones WHERE owner = ? AND place >= ?',
    owner,
    after,
  );
  return {
    sessions: sessions.map(({ session }) => session),
    erased: erased.map(({ session }) => session),
  };
}
