// Tags as what sessions are found by: they move with their session, and an index leads to them.
import { afterAll, describe, expect, it } from 'vitest';
import { codeFrom, group, OWNER, summary } from './fixtures.ts';
import { memoryData } from './memory/data.ts';
import { createMemoryStore } from './memory/store.ts';
import type { Store } from './port.ts';
import { Connection } from './sqlite/connection.ts';
import { openNodeDatabase, type Value } from './sqlite/driver.ts';
import { removeTemporaryFolders, temporaryFolder } from './sqlite/fixtures.ts';
import { prepareHome } from './sqlite/home.ts';
import { listSessions } from './sqlite/lists.ts';
import { migrate } from './sqlite/migrate.ts';
import { MIGRATIONS } from './sqlite/migrations.ts';
import { openForWriting } from './sqlite/open.ts';
import { openSqliteStore } from './sqlite/store.ts';

afterAll(removeTemporaryFolders);

const STORES: readonly [name: string, open: () => Promise<Store>][] = [
  ['memory', () => Promise.resolve(createMemoryStore())],
  ['sqlite', () => openSqliteStore({ home: temporaryFolder() })],
];

async function tagged(store: Store, tags: Record<string, string>): Promise<string[]> {
  return (await store.list({ owner: OWNER, limit: 9, tags })).sessions.map(({ session }) => session);
}

describe.each(STORES)('tags in the store %s', (_name, open) => {
  it('follow their session through changes and its end', async () => {
    await using store = await open();
    await store.append([group('ses_a', 0, { row: { tags: { ticket: '1' } } })]);
    await store.append([group('ses_b', 0, { row: { tags: { ticket: '1', by: 'ada' } } })]);
    expect(await tagged(store, { ticket: '1' })).toEqual(['ses_a', 'ses_b']);
    await store.append([group('ses_a', 1, { row: { tags: { ticket: '2' } } })]);
    expect(await tagged(store, { ticket: '1' })).toEqual(['ses_b']);
    expect(await tagged(store, { ticket: '2' })).toEqual(['ses_a']);
    await store.append([group('ses_a', 2, { row: { tags: { ticket: '2' } } })]);
    expect(await tagged(store, { ticket: '2' })).toEqual(['ses_a']);
    await store.putSummary(summary('ses_a', { seq: 3, tags: {} }));
    expect(await tagged(store, { ticket: '2' })).toEqual([]);
    await store.erase(OWNER, 'ses_b');
    expect(await tagged(store, { ticket: '1' })).toEqual([]);
    expect(await tagged(store, { by: 'ada' })).toEqual([]);
  });

  it('are pages like any other', async () => {
    await using store = await open();
    for (let n = 0; n < 5; n++)
      await store.append([group(`ses_${String(n)}`, 0, { row: { tags: { even: String(n % 2 === 0) } } })]);
    const query = { owner: OWNER, tags: { even: 'true' }, limit: 2 };
    const first = await store.list(query);
    expect([first.sessions.length, first.hidden]).toEqual([2, 2]);
    const second = await store.list({ ...query, after: first.next ?? '' });
    expect(second.sessions.map(({ session }) => session)).toEqual(['ses_4']);
    expect(await codeFrom(store.list({ ...query, after: 'x' }))).toBe('invalid_params');
  });
});

it('leaves nothing of an erased session in the index of a memory store', async () => {
  const data = memoryData();
  await using store = createMemoryStore(data);
  await store.append([group('ses_a', 0, { row: { tags: { a: '1' } } })]);
  await store.erase(OWNER, 'ses_a');
  expect(data.tags.size).toBe(0);
});

/** Says how it finds what it is asked for. */
class Explaining extends Connection {
  readonly plans: string[] = [];

  override all<Row>(sql: string, ...values: Value[]): Row[] {
    this.plans.push(JSON.stringify(super.all(`EXPLAIN QUERY PLAN ${sql}`, ...values)));
    return super.all(sql, ...values);
  }
}

it('finds what an earlier version wrote, and finds it by the index', async () => {
  const { database } = await prepareHome(temporaryFolder());
  const connection = openForWriting(database, openNodeDatabase);
  migrate(connection, database, MIGRATIONS.slice(0, 1));
  const insert = (no: number, tags: Record<string, string>): void => {
    const session = `ses_${String(no)}`;
    connection.run(
      `INSERT INTO sessions (session, owner, folder, name, fence, seq, hash, append_id, status, updated_at, open, words, summary)
       VALUES (?, ?, '/work', ?, 1, 1, x'00', 'app_1', 'idle', ?, 0, '', ?)`,
      session,
      OWNER,
      session,
      no,
      JSON.stringify(summary(session, { tags })),
    );
  };
  insert(1, { team: 'a', 'b"c': 'ü' });
  insert(2, {});
  migrate(connection, database);
  const rows = connection.all<{ tags: string }>('SELECT tags FROM sessions ORDER BY no');
  expect(rows.map(({ tags }) => JSON.parse(tags) as unknown)).toEqual([{ team: 'a', 'b"c': 'ü' }, {}]);
  const { sessions, hidden } = listSessions(connection, { owner: OWNER, tags: { team: 'a' }, limit: 9 });
  expect([sessions.map(({ session }) => session), hidden]).toEqual([['ses_1'], 1]);
  const explaining = new Explaining(openNodeDatabase({ path: database }));
  listSessions(explaining, { owner: OWNER, tags: { team: 'a' }, limit: 9 });
  explaining.close();
  const { plans } = explaining;
  expect(plans).toHaveLength(1);
  expect(plans[0]).toContain('SEARCH tags USING PRIMARY KEY (key=? AND value=?)');
  connection.close();
});
