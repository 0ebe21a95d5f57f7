// One home, several processes: who only reads is let in beside the one that writes, who would change something is told who that
// is, and a killed one is in nobody's way.
import { expect, it } from 'vitest';
import { openSqliteStore } from '../../src/store/index.ts';
import { startProviderServer } from '../../src/testing/index.ts';
import { Desk, saying, type Ended } from '../e2e/cli.ts';
import { configure } from '../e2e/wire.ts';

/** What a second writer may take to say who the first is, ms. */
const ANSWER_MS = 2_000;

const READING = [
  ['list', '--json'],
  ['show', 'desk'],
  ['events', 'desk', '--json'],
  ['export', 'desk'],
];
const CHANGING = [
  ['cancel', 'desk'],
  ['approve', 'desk'],
  ['send', 'desk', 'and then?'],
  ['run', '-c', 'and then?'],
];

function runAll(desk: Desk, commands: readonly (readonly string[])[]): Promise<readonly Ended[]> {
  return Promise.all(commands.map((args) => desk.run(args)));
}

it('is read by many, written by one, and free at once when that one is killed', async () => {
  using desk = new Desk();
  await using server = await startProviderServer();
  server.script([{ text: 'a long story begins' }, { silence: true }]);
  configure(desk, server);
  const running = desk.start(['run', '-s', 'desk', '--json', 'tell']);
  await saying(running.child.stdout, '"type":"delta"');

  for (const { code, stdout } of await runAll(desk, READING)) {
    expect(code).toBe(0);
    expect(stdout).toMatch(/desk|tell/);
  }
  const holder = { code: 'home_in_use', data: { pid: running.child.pid } };
  const refused = await runAll(
    desk,
    CHANGING.map((args) => [...args, '--json']),
  );
  for (const { code, stderr } of refused) {
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ error: holder });
  }
  const asked = performance.now();
  await expect(openSqliteStore({ home: desk.home })).rejects.toMatchObject(holder);
  expect(performance.now() - asked).toBeLessThan(ANSWER_MS);

  running.child.kill('SIGKILL');
  await running.ended;
  await using store = await openSqliteStore({ home: desk.home });
  expect((await store.list({ owner: 'local', limit: 9 })).sessions).toMatchObject([{ name: 'desk' }]);
});
