import { afterAll, expect, it } from 'vitest';
import { encodeGroup } from '../encode.ts';
import { chunk, group, OWNER, tailGroup } from '../fixtures.ts';
import { openNodeDatabase, type Database, type OpenDatabase } from './driver.ts';
import { Engine } from './engine.ts';
import { appends, engineOn, freshHome, removeTemporaryFolders } from './fixtures.ts';
import type { Home } from './home.ts';
import { openForReading, openForWriting } from './open.ts';
import { findSession, tailOf } from './queries.ts';
import type { Reply, Request } from './requests.ts';

afterAll(removeTemporaryFolders);

const FULL = 13;
const IOERR_FSYNC = 10 + 4 * 256;

interface Plan {
  /** Whether this statement goes wrong; `index` counts from 0 over all connections. */
  fails(sql: string, index: number): boolean;
  readonly errcode: number;
  /** The statement takes effect all the same. */
  readonly takesEffect?: boolean;
}

const HARMLESS: Plan = { fails: () => false, errcode: 0 };

/** Node's SQLite, but for what the plan lets fail. */
function failing(plan: Plan): { open: OpenDatabase; statements: string[] } {
  const statements: string[] = [];
  const strike = <T>(sql: string, work: () => T): T => {
    if (!plan.fails(sql, statements.push(sql) - 1)) return work();
    if (plan.takesEffect === true) work();
    throw Object.assign(new Error('the disk of this test fails'), {
      code: 'ERR_SQLITE_ERROR',
      errcode: plan.errcode,
    });
  };
  const open: OpenDatabase = (file) => {
    const database = openNodeDatabase(file);
    return {
      exec: (sql) => strike(sql, () => database.exec(sql)),
      close: () => database.close(),
      prepare(sql) {
        const statement = database.prepare(sql);
        return {
          run: (...values) => strike(sql, () => statement.run(...values)),
          get: (...values) => strike(sql, () => statement.get(...values)),
          all: (...values) => strike(sql, () => statement.all(...values)),
        };
      },
    } satisfies Database;
  };
  return { open, statements };
}

function kinds(replies: readonly Reply[]): string[] {
  return replies.map((reply) => {
    if ('error' in reply) return reply.error.code;
    return reply.answer !== null && 'kind' in reply.answer ? reply.answer.kind : 'done';
  });
}

const command = { identity: 'local', id: 'cmd_1', bodyHash: 'b', reply: null };

function mixed(): Request[] {
  return [
    ...appends(
      group('ses_a', 0, { count: 2, command, snapshot: { session: 'ses_a', seq: 1, version: 1, state: {} } }),
      tailGroup('ses_a', 2, [chunk('prt_1', 0, 'abc')]),
      group('ses_b', 5),
    ),
    { change: 'claim', needs: { owner: OWNER, session: 'ses_none' } },
    ...appends(group('ses_c', 0)),
  ];
}

const MIXED_KINDS = ['accepted', 'accepted', 'conflict', 'not_found', 'accepted'];

/** What a reader finds: the seq of each session, and the tail. */
function found({ database }: Home): string {
  const connection = openForReading(database, openNodeDatabase);
  if (connection === undefined) return 'nothing';
  const seqs = ['ses_a', 'ses_b', 'ses_c'].map((session) => findSession(connection, session)?.seq ?? 0);
  const tail = tailOf(connection, 1).map(({ text }) => text);
  connection.close();
  return [...seqs, ...tail].join(' ');
}

it('answers each change for itself', async () => {
  const home = await freshHome();
  const engine = engineOn(home);
  const { replies, trouble } = engine.flush({ now: 0, requests: mixed() });
  expect([kinds(replies), trouble]).toEqual([MIXED_KINDS, undefined]);
  engine.close();
  expect(found(home)).toBe('2 0 1 abc');
});

it('writes all of a flush or nothing, whichever statement the disk fails at, and goes on', async () => {
  const counting = failing(HARMLESS);
  engineOn(await freshHome(), counting.open).flush({ now: 0, requests: mixed() });
  const { statements } = counting;
  expect(statements.length).toBeGreaterThan(40);
  for (const [index, sql] of statements.entries())
    for (const takesEffect of [false, true]) {
      const home = await freshHome();
      const engine = engineOn(
        home,
        failing({ fails: (_sql, at) => at === index, errcode: FULL, takesEffect }).open,
      );
      const requests = mixed();
      const first = engine.flush({ now: 0, requests });
      const isWritten = sql === 'COMMIT' && takesEffect;
      const outcome = isWritten ? MIXED_KINDS : requests.map(() => 'store_unavailable');
      expect([sql, kinds(first.replies), found(home)]).toEqual([
        sql,
        outcome,
        isWritten ? '2 0 1 abc' : '0 0 0',
      ]);
      expect(first.trouble).toEqual(
        isWritten
          ? undefined
          : expect.objectContaining({ message: expect.stringContaining(home.database) as string }),
      );
      if (!isWritten) expect(kinds(engine.flush({ now: 0, requests }).replies)).toEqual(MIXED_KINDS);
      engine.close();
      expect(found(home)).toBe('2 0 1 abc');
    }
});

it('does not believe a commit whose sync failed until the log was synced anew, and recognises the repeat', async () => {
  const home = await freshHome();
  const requests = appends(group('ses_a', 0, { count: 2 }));
  let isFailing = true;
  const fails = (sql: string): boolean => isFailing && /^COMMIT|wal_checkpoint/.test(sql);
  const engine = engineOn(home, failing({ fails, errcode: IOERR_FSYNC, takesEffect: true }).open);
  expect(kinds(engine.flush({ now: 0, requests }).replies)).toEqual(['store_unavailable']);
  expect(found(home)).toBe('2 0 0');
  isFailing = false;
  expect(engine.flush({ now: 0, requests })).toEqual({
    place: 2,
    replies: [{ answer: { kind: 'accepted', seq: 2, hash: expect.any(String) as string } }],
  });
  engine.close();
  expect(found(home)).toBe('2 0 0');
});

it.each([
  ['full', 'PRAGMA max_page_count = 60', 'the disk is full'],
  ['read-only', 'PRAGMA query_only = ON', 'it is read-only'],
])('meets a disk that is really %s with store_unavailable, and recovers', async (_what, pragma, why) => {
  const home = await freshHome();
  let limit = pragma;
  const engine = new Engine(home.database, () => {
    const connection = openForWriting(home.database, openNodeDatabase);
    connection.exec(limit);
    return connection;
  });
  const large = appends(group('ses_a', 0, { count: 3000 }));
  const { trouble } = engine.flush({ now: 0, requests: large });
  expect(trouble).toMatchObject({
    code: 'store_unavailable',
    message: expect.stringContaining(why) as string,
  });
  expect(found(home)).toBe('0 0 0');
  limit = '';
  expect(engine.flush({ now: 0, requests: large }).trouble).toBeUndefined();
  engine.close();
  expect(found(home)).toBe('3000 0 0');
});

it('a change that fails by a mistake of ours hurts no other', async () => {
  const home = await freshHome();
  const engine = engineOn(home);
  const mistake = {
    ...encodeGroup(group('ses_b', 0, { command })),
    snapshot: { seq: 1, version: 1, state: {} },
  };
  const bad = { change: 'append', needs: { group: mistake } } as unknown as Request;
  const requests = [...appends(group('ses_a', 0)), bad, ...appends(group('ses_c', 0))];
  const { replies, trouble } = engine.flush({ now: 0, requests });
  expect(kinds(replies)).toEqual(['accepted', 'internal', 'accepted']);
  expect(trouble).toBeUndefined();
  engine.close();
  expect(found(home)).toBe('1 0 1');
});

it('forgets answers of commands after a day, not before', async () => {
  const home = await freshHome();
  const engine = engineOn(home);
  const day = 24 * 60 * 60 * 1000;
  engine.flush({ now: 5, requests: appends(group('ses_a', 0, { command })) });
  engine.flush({ now: day + 5, requests: [] });
  expect(
    kinds(engine.flush({ now: day + 6, requests: appends(group('ses_a', 1, { command })) }).replies),
  ).toEqual(['repeated']);
  engine.flush({ now: 2 * day, requests: [] });
  expect(
    kinds(engine.flush({ now: 2 * day, requests: appends(group('ses_a', 1, { command })) }).replies),
  ).toEqual(['accepted']);
  engine.close();
});

it('drops a snapshot whose event has another hash', async () => {
  const home = await freshHome();
  const engine = engineOn(home);
  const snapshot = { session: 'ses_a', seq: 1, version: 1, state: 1 };
  engine.flush({ now: 0, requests: appends(group('ses_a', 0, { count: 2, snapshot })) });
  const claim: Request = { change: 'claim', needs: { owner: OWNER, session: 'ses_a' } };
  expect(engine.flush({ now: 0, requests: [claim] }).replies[0]).toHaveProperty('answer.snapshot');
  engine.close();
  const connection = openForWriting(home.database, openNodeDatabase);
  connection.run("UPDATE events SET hash = x'00' WHERE seq = 1");
  connection.close();
  expect(engine.flush({ now: 0, requests: [claim] }).replies[0]).not.toHaveProperty('answer.snapshot');
  engine.close();
});
