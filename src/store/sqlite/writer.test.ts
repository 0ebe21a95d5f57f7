import { afterAll, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import { codeFrom, OWNER } from '../fixtures.ts';
import { freshHome, removeTemporaryFolders, startChild, temporaryFolder } from './fixtures.ts';
import { Writer } from './writer.ts';

afterAll(removeTemporaryFolders);

const thread = (onMessage: string): URL =>
  new URL(
    `data:text/javascript,import { parentPort } from 'node:worker_threads'; parentPort.on('message', (message) => { ${onMessage} });`,
  );

it('tells who waited when its thread dies, shows it, and starts another for the next change', async () => {
  const writer = new Writer(
    'carrel.db',
    systemClock,
    thread(`throw new Error('the thread of this test dies')`),
  );
  const releases = [1, 2].map((fence) => writer.send('release', { session: 'ses_a', fence }));
  for (const release of releases)
    await expect(release).rejects.toMatchObject({
      code: 'store_unavailable',
      cause: { message: 'the thread of this test dies' },
    });
  expect(writer.error?.code).toBe('store_unavailable');
  expect(await codeFrom(writer.send('release', { session: 'ses_a', fence: 3 }))).toBe('store_unavailable');
  await writer.close();
});

it('refuses more than it can hold, and writes the rest', async () => {
  const { database } = await freshHome();
  const writer = new Writer(database, systemClock);
  const claims = Array.from({ length: 20_000 }, () =>
    codeFrom(writer.send('claim', { owner: OWNER, session: 'ses_a' })),
  );
  const codes = await Promise.all(claims);
  expect(codes.filter((code) => code === 'overloaded').length).toBeGreaterThan(3000);
  expect(codes.filter((code) => code === 'not_found').length).toBeGreaterThan(16_000);
  await writer.close();
});

it('starts its thread whatever flags of the engine the program was started with', async () => {
  const home = JSON.stringify(temporaryFolder());
  const script = `
    const { openSqliteStore } = await from('store.ts');
    const store = await openSqliteStore({ home: ${home} });
    console.log(await store.claim('local', 'ses_none').catch((error) => error.code));
    await store[Symbol.asyncDispose]();`;
  await using child = startChild(script, ['--max-semi-space-size=4', '--max-old-space-size=512']);
  expect(await child.line()).toBe('not_found');
});
