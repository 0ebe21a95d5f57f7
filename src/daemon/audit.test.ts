import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../base/index.ts';
import { manualClock } from '../testing/index.ts';
import { openAudit, type AuditEntry } from './audit.ts';
import { checkAudit } from './audit-check.ts';
import { Failures } from './failures.ts';

let folder: string;
let path: string;
const entry = (n: number): AuditEntry => ({ who: 'owner', what: `thing ${String(n)}`, result: 'ok' });
const BOUNDS = { fileBytes: 1000, asideFiles: 3 };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carrel-audit-'));
  path = join(folder, 'audit.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function write(count: number): Promise<void> {
  const audit = openAudit(path, systemClock, BOUNDS);
  for (let n = 0; n < count; n++) await audit.write(entry(n));
}

const files = (): string[] => readdirSync(folder).toSorted();

it('puts full files aside, bounds them all, and carries the chain from one to the next', async () => {
  await write(17);
  expect(files()).toEqual(['audit.000001.jsonl', 'audit.000002.jsonl', 'audit.jsonl']);
  expect(await checkAudit(path)).toMatchObject({ lines: 17, removed: 0, broken: [] });
  await write(60);
  expect(files()).toHaveLength(4);
  const total = files().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(total).toBeLessThan(4 * (BOUNDS.fileBytes + 200));
  const check = await checkAudit(path);
  expect(check).toMatchObject({ broken: [], files: files() });
  expect(check.removed).toBeGreaterThan(5);
  for (const name of files()) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});

it('finds what was changed in any of its files, and a file that is gone', async () => {
  await write(30);
  const [, second = ''] = files();
  const middle = join(folder, second);
  const text = readFileSync(middle, 'utf8');
  writeFileSync(middle, text.replace(/"result":"ok"/, '"result":"no"'));
  expect((await checkAudit(path)).broken).toEqual([`${second}:2`]);
  writeFileSync(middle, text);
  expect((await checkAudit(path)).broken).toEqual([]);
  rmSync(middle);
  expect((await checkAudit(path)).broken.join()).toContain('1 files are missing');
});

it('goes on after a crash between putting aside and beginning anew, and after a line cut in half', async () => {
  await write(2);
  renameSync(path, join(folder, 'audit.000001.jsonl'));
  expect((await checkAudit(path)).broken).toEqual([]);
  await write(1);
  expect(await checkAudit(path)).toMatchObject({ lines: 3, broken: [] });
  writeFileSync(path, '{"at":1,"who"', { flag: 'a' });
  await write(1);
  const check = await checkAudit(path);
  expect([check.lines, check.broken]).toEqual([5, ['audit.jsonl:2']]);
});

it('is one chain when several write at once', async () => {
  const writers = Array.from({ length: 4 }, () => openAudit(path, systemClock));
  await Promise.all(writers.flatMap((audit) => Array.from({ length: 50 }, (_, n) => audit.write(entry(n)))));
  expect(await checkAudit(path)).toMatchObject({ lines: 200, broken: [] });
  expect(files()).toEqual(['audit.jsonl']);
});

it('says when it cannot be written, and writes again when it can', async () => {
  const inFile = join(folder, 'file');
  writeFileSync(inFile, '');
  const audit = openAudit(join(inFile, 'audit.jsonl'), systemClock);
  await expect(audit.write(entry(1))).rejects.toMatchObject({ code: 'store_unavailable' });
  rmSync(inFile);
  await audit.write(entry(2));
  expect(await checkAudit(join(inFile, 'audit.jsonl'))).toMatchObject({ lines: 1 });
});

it('refuses more lines than it holds while it waits, and none before', async () => {
  const audit = openAudit(path, systemClock);
  const results = await Promise.allSettled(Array.from({ length: 1100 }, (_, n) => audit.write(entry(n))));
  const refused = results.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThan(90);
  expect(refused[0]).toMatchObject({ reason: { code: 'overloaded' } });
  expect((await checkAudit(path)).lines).toBe(1100 - refused.length);
});

it('counts refusals that come in a flood, and loses none', async () => {
  const clock = manualClock();
  const written: AuditEntry[] = [];
  const audit = { write: (one: AuditEntry) => Promise.resolve(void written.push(one)) };
  const failures = new Failures({ audit, clock, onFault: () => undefined });
  const refusal = { who: 'unknown', what: 'POST /rpc', result: 'unauthorized' };
  for (let n = 0; n < 5000; n++) await failures.note(refusal);
  for (let n = 0; n < 500; n++) await failures.note({ ...refusal, what: `kind ${String(n)}` });
  expect(written).toHaveLength(100);
  await clock.advance(10_000);
  expect(written.length).toBeLessThanOrEqual(100 + 257);
  expect(written).toContainEqual({ ...refusal, times: 4900 });
  expect(written.reduce((sum, { times = 1 }) => sum + times, 0)).toBe(5500);
  await failures[Symbol.asyncDispose]();
});
