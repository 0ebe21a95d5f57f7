// Daemons that are started at the same moment on one home: one serves, and each of the others says which one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Desk, lines, saying, type Ended } from '../e2e/cli.ts';

const IS_LONG = process.env['CARREL_TEST_LONG'] === '1';
const DAEMONS = IS_LONG ? 20 : 8;
const ROUNDS = IS_LONG ? 50 : 1;
/** Rounds that are not begun by then are left out. */
const MOST_MS = 170_000;

interface Presence {
  readonly pid: number;
  readonly ready: boolean;
}

/** Rounds run in the same home, which the winner of the last one left as a killed one does. */
async function round(desk: Desk): Promise<void> {
  const started = Array.from({ length: DAEMONS }, () => desk.start(['daemon', 'run', '--json']));
  const left: Ended[] = [];
  const lost = new Promise<void>((resolve) => {
    for (const { ended } of started) void ended.then((end) => left.push(end) === DAEMONS - 1 && resolve());
  });
  const said = await Promise.any(started.map(({ child }) => saying(child.stdout, '}\n')));
  const winner = JSON.parse(said) as Presence;
  await lost;
  expect(winner).toMatchObject({ ready: true });
  expect(started.map(({ child }) => child.pid)).toContain(winner.pid);
  expect(JSON.parse(readFileSync(join(desk.home, 'daemon.json'), 'utf8'))).toMatchObject({ pid: winner.pid });
  expect(left).toHaveLength(DAEMONS - 1);
  for (const { code, stderr } of left) {
    expect(code).toBe(1);
    const [refusal] = lines<{ error: { code: string; data: { pid: number } } }>(stderr);
    expect(refusal?.error).toMatchObject({ code: 'home_in_use', data: { pid: winner.pid } });
  }
  process.kill(winner.pid, 'SIGKILL');
  await Promise.all(started.map(({ ended }) => ended));
}

it(`of ${DAEMONS} daemons that start at once one serves, and the others say who`, async () => {
  using desk = new Desk();
  const until = performance.now() + MOST_MS;
  let rounds = 0;
  while (rounds < ROUNDS && performance.now() < until) {
    await round(desk);
    rounds++;
  }
  if (IS_LONG) console.log(`${String(rounds)} rounds of ${String(DAEMONS)} daemons`);
  expect(rounds).toBeGreaterThan(0);
}, 240_000);
