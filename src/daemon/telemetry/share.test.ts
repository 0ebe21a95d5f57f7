// The dashboard and the alerts that come with the package: of numbers that there are.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { METRICS } from './table.ts';

const FILES = ['share/grafana/carrel.json', 'share/prometheus/carrel.rules.yml', 'docs/guides/telemetry.md'];

it.each(FILES)('%s names no metric that is not there', (file) => {
  const found = readFileSync(file, 'utf8').match(/\b(?:carrel|process)_[a-z_]+\b(?=[[{ ()`"]|$)/gm) ?? [];
  const names = found.map((name) => name.replace(/_(bucket|count|sum)$/, ''));
  expect(names.length).toBeGreaterThan(8);
  expect(names.filter((name) => !Object.hasOwn(METRICS, name))).toEqual([]);
});

it.each([
  ['check', 'rules', 'carrel.rules.yml'],
  ['test', 'rules', 'carrel.rules.test.yml'],
])('promtool %s %s %s is clean', (...args) => {
  const run = spawnSync('promtool', args, { cwd: 'share/prometheus' });
  if (run.error === undefined) expect([run.status, String(run.stderr)]).toEqual([0, '']);
  else expect(run.error).toMatchObject({ code: 'ENOENT' }); // not installed (Debian: prometheus)
});
