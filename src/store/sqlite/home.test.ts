import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { group, OWNER } from '../fixtures.ts';
import { removeTemporaryFolders, temporaryFolder } from './fixtures.ts';
import { openSqliteReader } from './reader.ts';
import { openSqliteStore } from './store.ts';

afterAll(removeTemporaryFolders);

const refusal = (home: string, code: string): object => ({
  code,
  message: expect.stringContaining(home) as string,
});

it('makes a missing home that only its user can read, and leaves no more than it needs', async () => {
  const home = join(temporaryFolder(), 'a', 'b');
  const store = await openSqliteStore({ home });
  await store.append([group('ses_a', 0)]);
  const blob = await store.putBlob(Buffer.from('x'));
  const modes = new Map(
    [home, ...readdirSync(home), join('blobs', blob)].map((name, index) => [name, index]),
  );
  for (const name of modes.keys()) {
    const { mode } = statSync(name === home ? home : join(home, name));
    expect([name, mode & 0o077]).toEqual([name, 0]);
  }
  await store[Symbol.asyncDispose]();
  expect(readdirSync(home).toSorted()).toEqual(['blobs', 'carrel.db', 'carrel.lock']);
});

it('refuses a home that is a file, or lies below one', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  for (const open of [openSqliteStore, openSqliteReader]) {
    await expect(open({ home: file })).rejects.toMatchObject(refusal(file, 'invalid_params'));
    await expect(open({ home: join(file, 'below') })).rejects.toMatchObject(
      refusal(file, 'store_unavailable'),
    );
  }
});

it.each(['carrel.db', 'carrel.lock', 'blobs', 'host.json'])('refuses a %s that is a link', async (name) => {
  const home = temporaryFolder();
  const elsewhere = join(temporaryFolder(), 'elsewhere');
  if (name === 'blobs') mkdirSync(elsewhere);
  else writeFileSync(elsewhere, '');
  symlinkSync(elsewhere, join(home, name));
  for (const open of [openSqliteStore, openSqliteReader])
    await expect(open({ home })).rejects.toMatchObject(refusal(join(home, name), 'forbidden'));
});

it('calls a file that is no store damaged, and leaves it alone', async () => {
  const home = temporaryFolder();
  writeFileSync(
    join(home, 'carrel.db'),
    'no database at all, but long enough to look for a header '.repeat(20),
  );
  for (const open of [openSqliteStore, openSqliteReader])
    await expect(open({ home })).rejects.toMatchObject(refusal(join(home, 'carrel.db'), 'store_corrupt'));
  expect(statSync(join(home, 'carrel.db')).size).toBe(1140);
});

it('reads a home without a store as empty, until there is one', async () => {
  const home = join(temporaryFolder(), 'none');
  await using reader = await openSqliteReader({ home });
  expect(await reader.list({ owner: OWNER, limit: 9 })).toEqual({ sessions: [], hidden: 0 });
  expect(await reader.heads(OWNER, ['ses_a'])).toEqual([]);
  await expect(reader.read(OWNER, 'ses_a', { limit: 9 })).rejects.toMatchObject({ code: 'not_found' });
  await using store = await openSqliteStore({ home });
  await store.append([group('ses_a', 0)]);
  expect(await reader.heads(OWNER, ['ses_a'])).toEqual([{ session: 'ses_a', seq: 1 }]);
});
