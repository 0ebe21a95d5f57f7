// The log and the health file: bounded, whole, and nobody's trouble when they cannot be written.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isStale, readHealth, writeHealth, type HealthFile } from './health-file.ts';
import { LogFile } from './log-file.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'carrel-log-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const line = (n: number): string => `${String(n).padStart(99, '.')}\n`;

describe('the log file', () => {
  it('never grows above its bound, and keeps what was there once', async () => {
    const path = join(folder, 'logs', 'daemon.log');
    const lost: number[] = [];
    {
      await using file = new LogFile({ path, maxBytes: 1_000, onLost: (lines) => lost.push(lines) });
      for (let n = 0; n < 35; n++) {
        file.write(line(n));
        // Each by itself, as they come in life: written before the next one is there.
        if (n % 5 === 4) await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const [now, before] = [readFileSync(path, 'utf8'), readFileSync(`${path}.1`, 'utf8')];
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect([now.endsWith(line(34)), lost]).toEqual([true, []]);
    const all = `${before}${now}`;
    expect(all.length % 100).toBe(0);
    // What is kept is the end, without a gap.
    const first = Number(all.slice(0, 99).replaceAll('.', ''));
    expect(all).toBe(Array.from({ length: 35 - first }, (_, n) => line(first + n)).join(''));
  });

  it('tells how many lines it lost, and goes on when it can', async () => {
    const path = join(folder, 'logs');
    mkdirSync(path);
    const lost: number[] = [];
    await using file = new LogFile({ path, maxBytes: 1_000, onLost: (lines) => lost.push(lines) });
    file.write(line(1));
    file.write(line(2));
    await file[Symbol.asyncDispose]();
    expect(lost.reduce((sum, n) => sum + n, 0)).toBe(2);
    rmSync(path, { recursive: true });
    file.write(line(3));
    await file[Symbol.asyncDispose]();
    expect(readFileSync(path, 'utf8')).toBe(line(3));
  });

  it('drops what waits beyond its bound, and counts it', async () => {
    const lost: number[] = [];
    const path = join(folder, 'log');
    await using file = new LogFile({ path, maxBytes: 1e9, onLost: (lines) => lost.push(lines) });
    for (let n = 0; n < 20_000; n++) file.write(line(n));
    await file[Symbol.asyncDispose]();
    const written = readFileSync(path, 'utf8').length / 100;
    expect(lost.reduce((sum, n) => sum + n, 0)).toBe(20_000 - written);
    expect(written).toBeLessThan(20_000);
  });
});

const HEALTH: HealthFile = {
  at: 1_000,
  validUntil: 4_000,
  pid: 7,
  version: '0',
  ready: false,
  reasons: ['store: no'],
  live: 1,
  turns: 2,
  viewers: 3,
  connections: 4,
  memoryBytes: 5,
  sinkFailures: 6,
};

describe('the health file', () => {
  it('is read as it was written, by its owner alone', async () => {
    const path = join(folder, 'health.json');
    await writeHealth(path, HEALTH);
    await writeHealth(path, { ...HEALTH, ready: true });
    expect(readHealth(path)).toEqual({ ...HEALTH, ready: true });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('does not hold once nobody looks after it', () => {
    expect([isStale(HEALTH, 4_000), isStale(HEALTH, 4_001)]).toEqual([false, true]);
  });

  it('is nothing when it is damaged or not there', () => {
    const path = join(folder, 'health.json');
    expect(readHealth(path)).toBeUndefined();
    writeFileSync(path, '{"at":');
    expect(readHealth(path)).toBeUndefined();
  });
});
