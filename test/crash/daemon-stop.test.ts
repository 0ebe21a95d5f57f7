// A daemon that is told to stop while a tool works that does not listen: it parks the turn and ends within its bound; told again, it ends
// at once, as in a crash. Neither loses what was acknowledged.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import type { SessionEvent } from '../../src/protocol/index.ts';
import { Desk, lines, saying, type Started } from '../e2e/cli.ts';
import { orphans } from './processes.ts';

const PRACTICE = ['-m', 'offline/practice', '--mode', 'full'];

/** A daemon, and a session in the middle of a command that only a kill ends, with one more input behind it. */
async function atWork(desk: Desk, seconds: string): Promise<Started> {
  const daemon = desk.start(['daemon', 'run']);
  await saying(daemon.child.stderr, 'serving at');
  const stubborn = `run trap '' TERM HUP INT; echo begun > begun.txt; sleep ${seconds}`;
  await desk.run(['run', ...PRACTICE, '-s', 'desk', '--detach', stubborn]);
  const followed = desk.start(['follow', 'desk', '--from-start', '--json']);
  await saying(followed.child.stdout, '"type":"tool.started"');
  const { code } = await desk.run(['send', 'desk', '--detach', 'say and then']);
  expect(code).toBe(0);
  followed.child.kill('SIGKILL');
  return daemon;
}

async function eventsOf(desk: Desk): Promise<readonly SessionEvent[]> {
  return lines<SessionEvent>((await desk.run(['events', 'desk', '--json'])).stdout);
}

/** Starts another, and waits until it has finished both turns. */
async function goesOn(desk: Desk, before: readonly SessionEvent[]): Promise<readonly SessionEvent[]> {
  const again = desk.start(['daemon', 'run']);
  await saying(again.child.stderr, 'serving at');
  const { code } = await desk.run(['wait', 'desk']);
  expect(code).toBe(0);
  const events = await eventsOf(desk);
  expect(events.slice(0, before.length)).toEqual(before);
  const finished = events.filter(({ type }) => type === 'turn.finished');
  expect(finished.map(({ data }) => data)).toMatchObject([
    { outcome: 'completed' },
    { outcome: 'completed' },
  ]);
  again.child.kill('SIGTERM');
  expect((await again.ended).code).toBe('SIGTERM');
  return events;
}

it('parks what runs, ends within 10 s, leaves nothing open, and the next one goes on', async () => {
  using desk = new Desk('start');
  const daemon = await atWork(desk, '91919');
  const asked = performance.now();
  daemon.child.kill('SIGTERM');
  const { code, stderr } = await daemon.ended;
  const tookMs = performance.now() - asked;
  expect([code, stderr]).toEqual(['SIGTERM', expect.not.stringContaining('carrel:') as string]);
  expect(tookMs).toBeLessThan(10_000);
  // Whoever reads a home without a daemon leaves them there, empty.
  for (const name of ['carrel.db-wal', 'carrel.db-shm', 'daemon.json', 'host.json'])
    expect(existsSync(join(desk.home, name))).toBe(false);
  expect(await orphans('sleep 91919')).toEqual([]);
  const parked = await eventsOf(desk);
  expect(parked.map(({ type }) => type)).not.toContain('turn.finished');
  const all = await goesOn(desk, parked);
  expect(all.find(({ type }) => type === 'tool.finished')).toMatchObject({ data: { status: 'cancelled' } });
}, 180_000);

it('ends at once when it is told again, and what was begun is known to be unknown', async () => {
  using desk = new Desk('start');
  const daemon = await atWork(desk, '92929');
  // What ends cannot be written as long as this lasts, so the drain does not end by itself.
  const database = new DatabaseSync(join(desk.home, 'carrel.db'));
  database.exec('BEGIN IMMEDIATE');
  daemon.child.kill('SIGTERM');
  await saying(daemon.child.stderr, 'a second signal stops at once');
  daemon.child.kill('SIGTERM');
  expect((await daemon.ended).code).toBe('SIGTERM');
  database.exec('ROLLBACK');
  database.close();
  expect(await orphans('sleep 92929')).toEqual([]);
  const cut = await eventsOf(desk);
  expect(cut.map(({ type }) => type)).not.toContain('tool.finished');
  expect(cut.filter(({ type }) => type === 'input.accepted')).toHaveLength(2);
  const all = await goesOn(desk, cut);
  expect(all.find(({ type }) => type === 'tool.finished')).toMatchObject({ data: { status: 'unknown' } });
  expect(readFileSync(join(desk.folder, 'begun.txt'), 'utf8')).toBe('begun\n');
}, 180_000);
