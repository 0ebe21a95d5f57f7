import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { chunk, codeFrom, group, note, OWNER, tailGroup } from '../fixtures.ts';
import type { Head } from '../port.ts';
import { openNodeDatabase } from './driver.ts';
import { freshHome, removeTemporaryFolders, startChild, temporaryFolder } from './fixtures.ts';
import { openForReading, openForWriting } from './open.ts';
import { findSession } from './queries.ts';
import { openSqliteReader } from './reader.ts';
import { openSqliteStore } from './store.ts';

afterAll(removeTemporaryFolders);

/** Appends to ten sessions at once, for ever, and prints what was acknowledged. */
const WRITING = (home: string): string => `
  const { openSqliteStore } = await from('./store.ts');
  const { group, tailGroup, chunk } = await from('../fixtures.ts');
  const store = await openSqliteStore({ home: ${JSON.stringify(home)} });
  await Promise.all(Array.from({ length: 10 }, async (_, index) => {
    const session = 'ses_' + index;
    for (let seq = 0, offset = 0; ; seq++, offset += 3) {
      const [result] = await store.append([
        group(session, seq, { tail: [chunk('prt_1', offset, 'abc')] }),
      ]);
      if (result.kind !== 'accepted') throw new Error(JSON.stringify(result));
      process.stdout.write(JSON.stringify({ session, seq: result.seq }) + '\\n');
    }
  }));
`;

it.each([1, 60, 200])(
  'keeps everything acknowledged when its process is killed after %i appends',
  async (lines) => {
    const home = temporaryFolder();
    await using child = startChild(WRITING(home));
    const acknowledged = new Map<string, number>();
    const take = (line: string): void => {
      const { session, seq } = JSON.parse(line) as Head;
      acknowledged.set(session, seq);
    };
    for (let count = 0; count < lines; count++) take((await child.line()) ?? '{}');
    await child.kill();
    for (let line = await child.line(); line?.endsWith('}') === true; line = await child.line()) take(line);
    await using store = await openSqliteStore({ home });
    for (const [session, seq] of acknowledged) {
      const { events, head } = await store.read(OWNER, session, { limit: 10_000 });
      expect(head.seq).toBeGreaterThanOrEqual(seq);
      expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
      expect(events).toHaveLength(head.seq);
      expect((await store.tail(OWNER, session))[0]?.text).toBe('abc'.repeat(head.seq));
      const { fence } = await store.claim(OWNER, session);
      expect(await store.append([group(session, head.seq, { fence })])).toMatchObject([{ kind: 'accepted' }]);
    }
  },
);

it('reads beside a process that writes', async () => {
  const home = temporaryFolder();
  await using child = startChild(WRITING(home));
  await child.line();
  await using reader = await openSqliteReader({ home });
  for (let count = 0; count < 50; count++) {
    const { session, seq } = JSON.parse((await child.line()) ?? '{}') as Head;
    const { events, head } = await reader.read(OWNER, session, { after: seq - 1, limit: 1 });
    expect(events[0]?.seq).toBe(seq);
    expect(head.seq).toBeGreaterThanOrEqual(seq);
  }
  expect((await reader.list({ owner: OWNER, limit: 100 })).sessions).toHaveLength(10);
  await child.kill();
  await using late = await openSqliteReader({ home });
  for (const one of [reader, late])
    expect((await one.list({ owner: OWNER, limit: 100 })).sessions).toHaveLength(10);
});

it('lets a process end that forgot to close it, and answers before', async () => {
  const home = temporaryFolder();
  await using child = startChild(`
    const { openSqliteStore } = await from('./store.ts');
    const { group } = await from('../fixtures.ts');
    const store = await openSqliteStore({ home: ${JSON.stringify(home)} });
    await store.append([group('ses_a', 0)]);
    await store[Symbol.asyncDispose]();
    const again = await openSqliteStore({ home: ${JSON.stringify(home)} });
    await again.append([group('ses_a', 1)]);
    process.stdout.write('done\\n');
  `);
  expect(await child.line()).toBe('done');
  expect(await child.line()).toBeUndefined();
  await using store = await openSqliteStore({ home });
  expect(await store.heads(OWNER, ['ses_a'])).toEqual([{ session: 'ses_a', seq: 2 }]);
});

it('writes what was asked before it closes, refuses what is asked after, and leaves no log', async () => {
  const home = temporaryFolder();
  const store = await openSqliteStore({ home });
  const appended = store.append([group('ses_a', 0)]);
  const put = store.putBlob(Buffer.from('x'));
  const closing = [store[Symbol.asyncDispose](), store[Symbol.asyncDispose]()];
  expect(await codeFrom(store.append([group('ses_b', 0)]))).toBe('store_unavailable');
  expect(await codeFrom(store.read(OWNER, 'ses_a', { limit: 1 }))).toBe('store_unavailable');
  expect(await codeFrom(store.putBlob(Buffer.from('y')))).toBe('store_unavailable');
  await Promise.all(closing);
  expect(await appended).toMatchObject([{ kind: 'accepted' }]);
  expect(await put).toHaveLength(64);
  expect(readdirSync(home).toSorted()).toEqual(['blobs', 'carrel.db', 'carrel.lock']);
});

it('shows a write error until a write works again, and reads meanwhile', async () => {
  const home = temporaryFolder();
  await using store = await openSqliteStore({ home });
  await store.append([group('ses_a', 0)]);
  const blocker = openNodeDatabase({ path: join(home, 'carrel.db') });
  blocker.exec('BEGIN IMMEDIATE');
  const blocked = store.append([group('ses_a', 1)]);
  expect((await store.read(OWNER, 'ses_a', { limit: 9 })).events).toHaveLength(1);
  expect(await codeFrom(blocked)).toBe('store_unavailable');
  expect(store.health()).toMatchObject({ writable: false, error: { code: 'store_unavailable' } });
  blocker.exec('ROLLBACK');
  blocker.close();
  expect(await store.append([group('ses_a', 1)])).toMatchObject([{ kind: 'accepted', seq: 2 }]);
  expect(store.health()).toEqual({ writable: true });
});

it('names the event that was changed behind its back', async () => {
  const home = await freshHome();
  const store = await openSqliteStore({ home: home.folder });
  await store.append([group('ses_a', 0, { count: 5 })]);
  await store[Symbol.asyncDispose]();
  const connection = openForWriting(home.database, openNodeDatabase);
  connection.run("UPDATE events SET body = replace(body, 'note 3', 'note 9') WHERE seq = 3");
  connection.close();
  await using reader = await openSqliteReader({ home: home.folder });
  await expect(reader.read(OWNER, 'ses_a', { limit: 9 })).rejects.toMatchObject({
    code: 'store_corrupt',
    data: { session: 'ses_a', seq: 3 },
  });
  expect((await reader.read(OWNER, 'ses_a', { after: 3, limit: 9 })).events).toHaveLength(2);
});

it('does not hand out a damaged blob, and writes a cut one anew', async () => {
  const home = temporaryFolder();
  await using store = await openSqliteStore({ home });
  const bytes = Buffer.from('a blob of this test');
  const path = join(home, 'blobs', await store.putBlob(bytes));
  writeFileSync(path, 'A blob of this test');
  expect(await codeFrom(store.getBlob(await store.putBlob(bytes)))).toBe('store_corrupt');
  truncateSync(path, 3);
  expect(await store.getBlob(await store.putBlob(bytes))).toEqual(bytes);
  rmSync(join(home, 'blobs'), { recursive: true });
  expect(await codeFrom(store.putBlob(bytes))).toBe('store_unavailable');
  expect(store.health().error?.message).toContain(join(home, 'blobs'));
});

it('finishes the removal of blobs that a kill cut off', async () => {
  const home = temporaryFolder();
  const first = await openSqliteStore({ home });
  const blob = await first.putBlob(Buffer.from('x'));
  await first.append([group('ses_a', 0, { events: [note('ses_a', 1, blob)] })]);
  const path = join(home, 'blobs', blob);
  copyFileSync(path, `${path}.kept`);
  await first.erase(OWNER, 'ses_a');
  await first[Symbol.asyncDispose]();
  copyFileSync(`${path}.kept`, path);
  writeFileSync(`${path}.tmp`, 'unfinished');
  const connection = openForWriting(join(home, 'carrel.db'), openNodeDatabase);
  connection.run('INSERT INTO doomed_blobs VALUES (?)', Buffer.from(blob, 'hex'));
  connection.close();
  await using second = await openSqliteStore({ home });
  expect(await second.getBlob(blob)).toBeUndefined();
  expect(readdirSync(join(home, 'blobs'))).toEqual([`${blob}.kept`]);
});

it('leaves nothing of an erased session in its files', async () => {
  const home = temporaryFolder();
  const store = await openSqliteStore({ home });
  const secret = 'correct horse battery staple';
  await store.append([group('ses_a', 0, { events: [note('ses_a', 1, secret)], row: { title: secret } })]);
  await store.append([tailGroup('ses_a', 1, [chunk('prt_1', 0, secret)]), group('ses_b', 0)]);
  await store.erase(OWNER, 'ses_a');
  for (const name of readdirSync(home).filter((file) => file.startsWith('carrel.db')))
    expect([name, readFileSync(join(home, name)).includes(secret)]).toEqual([name, false]);
  await store[Symbol.asyncDispose]();
});

it('reads where nothing can be made beside the file, as on a read-only file system', async () => {
  const home = await freshHome();
  const store = await openSqliteStore({ home: home.folder });
  await store.append([group('ses_a', 0)]);
  await store[Symbol.asyncDispose]();
  const before = readdirSync(home.folder);
  const connection = openForReading(home.database, (file) => {
    if (typeof file.path === 'string') throw Object.assign(new Error('unable to open'), { errcode: 14 });
    return openNodeDatabase(file);
  });
  expect(connection && findSession(connection, 'ses_a')?.seq).toBe(1);
  expect(readdirSync(home.folder)).toEqual(before);
  connection?.close();
});
