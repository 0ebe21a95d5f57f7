import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { until } from '../fixtures.ts';
import { readLinuxProcesses, readProcess } from './linux-processes.ts';
import { openLeash } from './mark.ts';
import { sharedReading, type ProcessSnapshot } from './process-table.ts';
import { parsePs, readProcessesByPs } from './ps-processes.ts';

describe.runIf(process.platform === 'linux')('reading the table of processes', () => {
  it('tells pid, parent, group, session, marks, and who is dead', async () => {
    const child = spawn('/bin/sh', ['-c', 'read line'], {
      detached: true,
      env: { A: '1', CARREL_CALL: 'abc.1.', B: '2' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const pid = child.pid ?? 0;
    const start = readProcess(pid)?.start ?? NaN;
    await until(() => readProcess(pid, 0)?.marks !== undefined);
    const expected = {
      pid,
      parent: process.pid,
      group: pid,
      session: pid,
      start,
      dead: false,
      marks: 'CARREL_CALL=abc.1.',
    };
    const { rows } = await readLinuxProcesses(start);
    expect(rows.find((row) => row.pid === pid)).toEqual(expected);
    expect((await readLinuxProcesses(start + 1)).rows.find((row) => row.pid === pid)).not.toHaveProperty(
      'marks',
    );
    const byPs = (await readProcessesByPs()).rows.find((row) => row.pid === pid);
    expect(byPs).toMatchObject({ pid, parent: process.pid, group: pid, session: pid, dead: false });
    expect(byPs?.marks).toContain('abc.1.');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(readProcess(pid)).toBeUndefined();
  });

  it('finds the mark in an open file when the environment was thrown away', () => {
    using leash = openLeash('abc.1.');
    const child = spawn('sleep', ['1000'], { env: {}, stdio: ['ignore', 'ignore', 'ignore', leash?.fd] });
    expect(readProcess(child.pid ?? 0, 0)?.marks).toContain('abc.1.');
    child.kill('SIGKILL');
  });

  it('is not settled while a process of the time that matters has just died: its last child may be missing', async () => {
    const child = spawn('/bin/sh', ['-c', 'true & exec sleep 1000'], { stdio: 'ignore' });
    const start = readProcess(child.pid ?? 0)?.start ?? NaN;
    const deadChild = async (): Promise<boolean> =>
      (await readLinuxProcesses(start)).rows.some((row) => row.parent === child.pid && row.dead);
    await until(deadChild);
    expect((await readLinuxProcesses(start)).settled).toBe(false);
    child.kill('SIGKILL');
  });
});

describe('parsePs', () => {
  it('reads what macOS prints, whatever the command looks like', () => {
    const text = [
      '    1     0     1 Ss   Mon Nov 17 09:12:01 2025     /sbin/launchd',
      '  812   811   811 S+   Tue Nov 18 10:00:59 2025     sleep 100 HOME=/x CARREL_CALL=abc.1. A=b',
      '  813     1   811 Z    Tue Nov 18 10:01:00 2025     (sh)',
      'something else',
    ].join('\n');
    expect(parsePs(text)).toEqual([
      { pid: 1, parent: 0, group: 1, session: 1, start: Date.parse('Mon Nov 17 09:12:01 2025'), dead: false },
      {
        pid: 812,
        parent: 811,
        group: 811,
        session: 811,
        start: Date.parse('Tue Nov 18 10:00:59 2025'),
        dead: false,
        marks: 'CARREL_CALL=abc.1. A=b',
      },
      {
        pid: 813,
        parent: 1,
        group: 811,
        session: 811,
        start: Date.parse('Tue Nov 18 10:01:00 2025'),
        dead: true,
      },
    ]);
  });
});

describe('sharedReading', () => {
  it('gives everyone a reading that began after they came, with as few readings as that takes', async () => {
    const readings: ((snapshot: ProcessSnapshot) => void)[] = [];
    const read = sharedReading(() => new Promise((resolve) => readings.push(resolve)));
    const first = read();
    const second = read();
    const third = read();
    expect(second).toBe(third);
    expect(readings).toHaveLength(1);
    readings[0]?.({ rows: [], settled: true });
    await first;
    await until(() => readings.length === 2);
    const fourth = read();
    readings[1]?.({ rows: [], settled: false });
    expect(await second).toEqual({ rows: [], settled: false });
    await until(() => readings.length === 3);
    readings[2]?.({ rows: [], settled: true });
    expect(await fourth).toEqual({ rows: [], settled: true });
  });

  it('goes on after a reading that failed', async () => {
    let count = 0;
    const read = sharedReading(() =>
      ++count === 1 ? Promise.reject(new Error('no handles')) : Promise.resolve({ rows: [], settled: true }),
    );
    await expect(Promise.all([read(), read()])).rejects.toThrow('no handles');
    expect(await read()).toEqual({ rows: [], settled: true });
  });
});
