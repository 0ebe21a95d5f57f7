// Every change but appending, each inside a savepoint of the flush.
import { EMPTY_HASH, shortHash } from '../chain.ts';
import type { Claim, Snapshot } from '../port.ts';
import { nameTaken, notFound } from '../reading.ts';
import { appendGroup, writeRow } from './append.ts';
import type { Connection } from './connection.ts';
import { ackConsumer, dropConsumer, keepConsumer } from './consumers.ts';
import { feedHead } from './feed.ts';
import { findHolder, findSession, hashAt, parse, tailOf, type SessionPlace } from './queries.ts';
import type { Answer, Change, Needs } from './requests.ts';

export const CHANGES: {
  readonly [C in Change]: (connection: Connection, needs: Needs<C>, now: number) => Answer<C>;
} = {
  append: (connection, { group }, now) => appendGroup(connection, group, now),
  claim,
  release,
  putSummary,
  erase,
  keepConsumer,
  ackConsumer,
  dropConsumer,
  buryBlobs,
};

function claim(connection: Connection, { owner, session }: Needs<'claim'>): Claim {
  const { no, seq, hash } = ownSession(connection, owner, session);
  const raised = connection.get<{ fence: number }>(
    'UPDATE sessions SET fence = fence + 1 WHERE no = ? RETURNING fence',
    no,
  );
  const snapshot = validSnapshot(connection, session, no);
  return {
    fence: raised?.fence ?? 0,
    seq,
    hash: shortHash(hash),
    tail: tailOf(connection, no),
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}

function release(connection: Connection, { session, fence }: Needs<'release'>): null {
  connection.run('UPDATE sessions SET fence = fence + 1 WHERE session = ? AND fence = ?', session, fence);
  return null;
}

function putSummary(connection: Connection, { session, row }: Needs<'putSummary'>): null {
  const place = ownSession(connection, row.owner, session);
  const by = findHolder(connection, row);
  if (by !== undefined && by !== session) throw nameTaken(row, by);
  writeRow(connection, place.no, { row, before: place, head: place });
  return null;
}

/** Where a session has rows. */
const TABLES = [
  'events',
  'chunks',
  'ended_parts',
  'commands',
  'snapshots',
  'blob_names',
  'tags',
  'sessions',
] as const;

/** The log, which still holds what is deleted here, is emptied after the flush. */
function erase(connection: Connection, { owner, session }: Needs<'erase'>): { head: string } {
  const { no, hash } = ownSession(connection, owner, session);
  const place = feedHead(connection);
  connection.run(
    'INSERT INTO tombstones (session, hash, owner, place) VALUES (?, ?, ?, ?)',
    session,
    hash,
    owner,
    place,
  );
  connection.run('INSERT OR IGNORE INTO doomed_blobs SELECT blob FROM blob_names WHERE no = ?', no);
  for (const table of TABLES) connection.run(`DELETE FROM ${table} WHERE no = ?`, no);
  keepLastPlace(connection, place);
  return { head: shortHash(hash) };
}

/** A row of no session holds the last place of the feed, so that it is not given again to an event that consumers would then miss. */
function keepLastPlace(connection: Connection, place: number): void {
  if (feedHead(connection) === place) return;
  connection.run("INSERT INTO events (id, no, seq, hash, body) VALUES (?1, 0, ?1, x'', '')", place);
  connection.run('DELETE FROM events WHERE no = 0 AND seq < ?', place);
}

function buryBlobs(connection: Connection, { ids }: Needs<'buryBlobs'>): null {
  for (const id of ids) connection.run('DELETE FROM doomed_blobs WHERE blob = ?', Buffer.from(id, 'hex'));
  return null;
}

function ownSession(connection: Connection, owner: string, session: string): SessionPlace {
  const place = findSession(connection, session);
  if (place?.owner !== owner) throw notFound(session);
  return place;
}

interface SnapshotRow {
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly version: number;
  readonly state: string;
}

/** A snapshot of a journal that is not this one any more is as good as none. */
function validSnapshot(connection: Connection, session: string, no: number): Snapshot | undefined {
  const row = connection.get<SnapshotRow>('SELECT seq, hash, version, state FROM snapshots WHERE no = ?', no);
  if (row === undefined || Buffer.compare(hashAt(connection, no, row.seq) ?? EMPTY_HASH, row.hash) !== 0)
    return undefined;
  return { session, seq: row.seq, hash: shortHash(row.hash), version: row.version, state: parse(row.state) };
}
