// `npm run bench`: every figure with its floor, from one run. Writes bench/results.json and docs/benchmarks.md. A figure over its
// limit is shown, and does not fail anything: these are measurements, not tests.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Row } from './measure.ts';
import { deltaRows } from './rows/deltas.ts';
import { isolationRows } from './rows/isolation.ts';
import { ownShare } from './rows/own-share.ts';
import { scaleRows } from './rows/scale.ts';
import { journalRows, listRows } from './rows/store.ts';
import { toolRows } from './rows/tools.ts';

const ROOT = join(import.meta.dirname, '..');
const GROUPS: readonly (() => Promise<readonly Row[]>)[] = [
  deltaRows,
  toolRows,
  isolationRows,
  listRows,
  journalRows,
  scaleRows,
];

const figure = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(1));

const rows: Row[] = [];
for (const group of GROUPS) {
  for (const row of await group()) {
    rows.push(row);
    process.stdout.write(`${lineOf(row)}\n`);
  }
}
const shares = await ownShare();
const load = loadavg()
  .map((value) => value.toFixed(1))
  .join(', ');
const machine = `${String(cpus().length)} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${String(Math.round(totalmem() / 2 ** 30))} GiB, Node ${process.version}, ${process.platform}`;
writeFileSync(
  join(ROOT, 'bench', 'results.json'),
  `${JSON.stringify({ machine, load, rows, shares }, undefined, 2)}\n`,
);
writeFileSync(join(ROOT, 'docs', 'benchmarks.md'), page());

function lineOf({ name, value, unit, floor, limit }: Row): string {
  const beside = floor === undefined ? '' : `, ${floor.name} ${figure(floor.value)}`;
  const bound = limit === undefined ? '' : ` (${value <= limit ? 'within' : 'OVER'} ${figure(limit)})`;
  return `${name}: ${figure(value)} ${unit}${beside}${bound}`;
}

function page(): string {
  const cells = rows.map(({ name, value, unit, floor, limit }) => [
    name,
    `${figure(value)} ${unit}`,
    floor === undefined ? '' : `${floor.name}: ${figure(floor.value)} ${unit}`,
    limit === undefined ? '' : `${value <= limit ? '' : '**over** '}${figure(limit)} ${unit}`,
  ]);
  const table = [
    ['what', 'measured', 'floor in the same run', 'limit'],
    ['---', '---', '---', '---'],
    ...cells,
  ].map((row) => `| ${row.join(' | ')} |`);
  return `# Benchmarks

Made by \`npm run bench\`, in one run, with floors beside the figures because absolute times drift from machine to machine. Each
figure is a median. Measured on ${machine}; the host's limits on turns and requests are raised to 64.
Load of the machine at the end (1, 5, 15 minutes): ${load}.

${table.join('\n')}

"Deltas share packets" is a provider that sends as fast as it can: what is left is the work for each delta, ours and the
adapter's. "One delta a packet" is how models stream over a network: reading each packet costs far more than everything else.

## Where a durable delta's time goes

A profile of the run in which deltas share packets: CPU of the main thread by the module whose code was nearest on the stack, and
beside it what the other threads used. Syncs, and waking the store's thread, are paid for each write and not for each delta.

| part | µs CPU/delta |
| --- | --- |
${shares.map(({ part, micros }) => `| ${part} | ${figure(micros)} |`).join('\n')}
`;
}
