// Named places in the feed: one small row each, written when it is acknowledged and never by an append.
import { aheadOf, noConsumer } from '../feed/bounds.ts';
import type { Consumer, FeedFilter } from '../port.ts';
import type { Connection } from './connection.ts';
import { feedHead } from './feed.ts';
import type { Needs } from './requests.ts';

interface ConsumerRow {
  readonly identity: string;
  readonly name: string;
  readonly filter: string;
  readonly place: number;
  readonly createdAt: number;
  readonly ackedAt: number | null;
}

const COLUMNS = 'identity, name, filter, place, created_at AS createdAt, acked_at AS ackedAt';

export function listConsumers(connection: Connection, identity: string | undefined): Consumer[] {
  const sql = `SELECT ${COLUMNS} FROM consumers WHERE ?1 IS NULL OR identity = ?1 ORDER BY identity, name`;
  return connection.all<ConsumerRow>(sql, identity ?? null).map(consumerOf);
}

export function keepConsumer(connection: Connection, { consumer }: Needs<'keepConsumer'>): Consumer {
  const { identity, name, filter, place, createdAt } = consumer;
  connection.run(
    'INSERT OR IGNORE INTO consumers (identity, name, filter, place, created_at) VALUES (?, ?, ?, ?, ?)',
    identity,
    name,
    JSON.stringify(filter),
    Math.min(place, feedHead(connection)),
    createdAt,
  );
  return find(connection, identity, name);
}

export function ackConsumer(
  connection: Connection,
  { identity, name, place, at }: Needs<'ackConsumer'>,
): Consumer {
  const known = find(connection, identity, name);
  const head = feedHead(connection);
  if (place > head) throw aheadOf(head, place);
  if (place <= known.place) return known;
  const sql = 'UPDATE consumers SET place = ?, acked_at = ? WHERE identity = ? AND name = ?';
  connection.run(sql, place, at, identity, name);
  return { ...known, place, ackedAt: at };
}

export function dropConsumer(
  connection: Connection,
  { identity, name }: Needs<'dropConsumer'>,
): { dropped: boolean } {
  const sql = 'DELETE FROM consumers WHERE identity = ? AND name = ? RETURNING 1';
  return { dropped: connection.get(sql, identity, name) !== undefined };
}

function find(connection: Connection, identity: string, name: string): Consumer {
  const sql = `SELECT ${COLUMNS} FROM consumers WHERE identity = ? AND name = ?`;
  const row = connection.get<ConsumerRow>(sql, identity, name);
  if (row === undefined) throw noConsumer(name);
  return consumerOf(row);
}

function consumerOf({ filter, ackedAt, ...row }: ConsumerRow): Consumer {
  return {
    ...row,
    filter: JSON.parse(filter) as FeedFilter,
    ...(ackedAt === null ? {} : { ackedAt }),
  };
}
