import { existsSync, statSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import type { Connection } from './connection.ts';
import { openNodeDatabase } from './driver.ts';
import { group, OWNER } from '../fixtures.ts';
import { appends, engineOn, freshHome, removeTemporaryFolders, temporaryFolder } from './fixtures.ts';
import { prepareHome } from './home.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations.ts';
import { openForReading, openForWriting } from './open.ts';
import { openSqliteReader } from './reader.ts';
import { openSqliteStore } from './store.ts';

afterAll(removeTemporaryFolders);

const NEXT = [...MIGRATIONS, 'ALTER TABLE tombstones ADD COLUMN at INTEGER'];

function withConnection<T>(path: string, use: (connection: Connection) => T): T {
  const connection = openForWriting(path, openNodeDatabase);
  try {
    return use(connection);
  } finally {
    connection.close();
  }
}

function version(connection: Connection): unknown {
  return connection.get('PRAGMA user_version');
}

it.each(MIGRATIONS.map((_, index) => index + 1))(
  'has schema %i, which never changes again',
  async (number) => {
    const { database } = await prepareHome(temporaryFolder());
    const schema = withConnection(database, (connection) => {
      migrate(connection, database, MIGRATIONS.slice(0, number));
      return connection.all<{ sql: string }>(
        'SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name',
      );
    });
    const text = schema.map(({ sql }) => `${sql.replaceAll(/\s+/g, ' ')};\n`).join('');
    await expect(text).toMatchFileSnapshot(`./schema-v${number}.sql`);
  },
);

it('takes a home of version 2 along: its journals are the feed, and it gets consumers', async () => {
  const home = await prepareHome(temporaryFolder());
  withConnection(home.database, (connection) => migrate(connection, home.database, MIGRATIONS.slice(0, 2)));
  const engine = engineOn(home);
  engine.flush({ now: 1, requests: appends(group('ses_a', 0, { count: 2 }), group('ses_b', 0)) });
  engine.close();
  await using store = await openSqliteStore({ home: home.folder });
  const { events, head } = await store.feed({ owner: OWNER, after: 0, limit: 9 });
  expect(events.map(({ place, event }) => `${place} ${event.session}:${event.seq}`)).toEqual([
    '1 ses_a:1',
    '2 ses_a:2',
    '3 ses_b:1',
  ]);
  await store.keepConsumer({ identity: 'me', name: 'one', filter: {}, place: head, createdAt: 1 });
  await store.erase(OWNER, 'ses_b');
  expect(await store.moved(OWNER, head)).toEqual({ sessions: [], erased: ['ses_b'] });
  expect(existsSync(`${home.database}.backup-v2`)).toBe(true);
});

it('copies the file before it changes it, and an older program names that copy', async () => {
  const { database, folder } = await freshHome();
  const backup = `${database}.backup-v${MIGRATIONS.length}`;
  withConnection(database, (connection) => {
    migrate(connection, database, NEXT);
    expect(version(connection)).toEqual({ user_version: NEXT.length });
    migrate(connection, database, NEXT);
  });
  expect(statSync(backup).mode & 0o077).toBe(0);
  withConnection(backup, (connection) =>
    expect(version(connection)).toEqual({ user_version: MIGRATIONS.length }),
  );
  for (const open of [openSqliteStore, openSqliteReader])
    await expect(open({ home: folder })).rejects.toMatchObject({
      code: 'version_mismatch',
      message: expect.stringContaining(backup) as string,
      data: { version: NEXT.length, latest: MIGRATIONS.length, backup },
    });
});

it('changes nothing when a migration fails', async () => {
  const { database } = await freshHome();
  withConnection(database, (connection) => {
    expect(() => migrate(connection, database, [...NEXT, 'no SQL'])).toThrow('syntax error');
    expect(version(connection)).toEqual({ user_version: MIGRATIONS.length });
    expect(() => connection.get('SELECT at FROM tombstones')).toThrow('no such column');
  });
});

it('does not touch an SQLite file of somebody else', async () => {
  const { database, folder } = await freshHome();
  withConnection(database, (connection) => connection.exec('PRAGMA application_id = 7'));
  await expect(openSqliteStore({ home: folder })).rejects.toMatchObject({ code: 'store_corrupt' });
  await expect(openSqliteReader({ home: folder })).rejects.toMatchObject({ code: 'store_corrupt' });
  expect(existsSync(`${database}.backup-v1`)).toBe(false);
});

it('tells a reader to let a writer bring an earlier file up to date, and takes one in the making for none', async () => {
  const { database } = await freshHome();
  expect(() => openForReading(database, openNodeDatabase, MIGRATIONS.length + 1)).toThrow('earlier version');
  withConnection(database, (connection) => connection.exec('PRAGMA user_version = 0'));
  expect(openForReading(database, openNodeDatabase)).toBeUndefined();
});
