import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { openNodeDatabase } from './driver.ts';
import { type Child, removeTemporaryFolders, startChild, temporaryFolder } from './fixtures.ts';
import { prepareHome, type Home } from './home.ts';
import { lockHome } from './lock.ts';
import { openSqliteStore } from './store.ts';

afterAll(removeTemporaryFolders);

/** Waits for a line, takes the lock, says how that went, and holds it. */
function contender(home: Home): Child {
  return startChild(`
    const { lockHome } = await from('./lock.ts');
    const { openNodeDatabase } = await from('./driver.ts');
    process.stdout.write('ready\\n');
    process.stdin.once('data', async () => {
      const held = await lockHome(${JSON.stringify(home)}, openNodeDatabase).catch((error) => error);
      process.stdout.write(JSON.stringify({ code: held.code ?? 'won', pid: held.data?.pid ?? process.pid }) + '\\n');
      globalThis.held = held;
    });
  `);
}

async function outcome(child: Child): Promise<{ code: string; pid: number }> {
  return JSON.parse((await child.line()) ?? '{}') as { code: string; pid: number };
}

async function holder(home: Home): Promise<Child> {
  const child = contender(home);
  await child.line();
  child.say('go');
  expect(await outcome(child)).toEqual({ code: 'won', pid: child.pid });
  return child;
}

it('refuses a second opener of the same process, and frees the home when it is closed', async () => {
  const folder = temporaryFolder();
  const store = await openSqliteStore({ home: folder });
  await expect(openSqliteStore({ home: folder })).rejects.toMatchObject({
    code: 'home_in_use',
    data: { pid: process.pid },
  });
  await expect(openSqliteStore({ home: folder })).rejects.toThrow(String(process.pid));
  await store[Symbol.asyncDispose]();
  await using again = await openSqliteStore({ home: folder });
  expect(again.health()).toEqual({ writable: true });
});

it('names the process that holds the home, and is free at once when that was killed', async () => {
  const home = await prepareHome(temporaryFolder());
  await using child = await holder(home);
  await expect(openSqliteStore({ home: home.folder })).rejects.toMatchObject({
    code: 'home_in_use',
    data: { pid: child.pid },
  });
  await child.kill();
  expect(JSON.parse(readFileSync(home.host, 'utf8'))).toMatchObject({ pid: child.pid });
  const lock = await lockHome(home, openNodeDatabase);
  expect(JSON.parse(readFileSync(home.host, 'utf8'))).toMatchObject({ pid: process.pid });
  lock[Symbol.dispose]();
  expect(existsSync(home.host)).toBe(false);
});

it('does not believe what a dead holder, or a broken file, says of itself', async () => {
  const home = await prepareHome(temporaryFolder());
  await using child = await holder(home);
  for (const said of ['{"pid":4194999}', '{', '[]']) {
    writeFileSync(home.host, said);
    await expect(lockHome(home, openNodeDatabase)).rejects.toMatchObject({ code: 'home_in_use', data: {} });
  }
  await child.kill();
  (await lockHome(home, openNodeDatabase))[Symbol.dispose]();
});

it('lets exactly one of 20 racing processes win', async () => {
  const home = await prepareHome(temporaryFolder());
  await using children = new AsyncDisposableStack();
  const racers = Array.from({ length: 20 }, () => children.use(contender(home)));
  await Promise.all(racers.map((racer) => racer.line()));
  for (const racer of racers) racer.say('go');
  const outcomes = await Promise.all(racers.map(outcome));
  const winners = outcomes.filter(({ code }) => code === 'won');
  expect(winners).toHaveLength(1);
  const lost = { code: 'home_in_use', pid: winners[0]?.pid };
  expect(outcomes.filter(({ code }) => code !== 'won')).toEqual(Array.from({ length: 19 }, () => lost));
});
