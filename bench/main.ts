// `npm run bench`: every figure with its floor, from one run. Writes bench/results.json and docs/benchmarks.md. A figure over its
// limit is shown, and does not fail anything: these are measurements, not tests. `node bench/main.ts GROUP…` measures those groups
// alone and writes nothing.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Row } from './measure.ts';
import { lineOf, page } from './page.ts';
import { daemonRows } from './rows/daemon.ts';
import { deltaRows } from './rows/deltas.ts';
import { isolationRows } from './rows/isolation.ts';
import { ownShare } from './rows/own-share.ts';
import { scaleRows } from './rows/scale.ts';
import { journalRows, listRows } from './rows/store.ts';
import { toolRows } from './rows/tools.ts';

const ROOT = join(import.meta.dirname, '..');
const GROUPS: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  deltas: deltaRows,
  tools: toolRows,
  isolation: isolationRows,
  lists: listRows,
  journals: journalRows,
  scale: scaleRows,
  ...daemonRows,
};

// What was started ends with this process, however that ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const rows: Row[] = [];
const named = process.argv.slice(2);
for (const name of named.length > 0 ? named : Object.keys(GROUPS)) {
  const group = GROUPS[name];
  if (group === undefined) throw new Error(`no group ${name}: there are ${Object.keys(GROUPS).join(', ')}`);
  for (const row of await group()) {
    rows.push(row);
    process.stdout.write(`${lineOf(row)}\n`);
  }
}
if (named.length === 0) await write();

async function write(): Promise<void> {
  const shares = await ownShare();
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(', ');
  const machine = `${String(cpus().length)} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${String(Math.round(totalmem() / 2 ** 30))} GiB, Node ${process.version}, ${process.platform}`;
  writeFileSync(
    join(ROOT, 'bench', 'results.json'),
    `${JSON.stringify({ machine, load, rows, shares }, undefined, 2)}\n`,
  );
  writeFileSync(join(ROOT, 'docs', 'benchmarks.md'), page({ machine, load, rows, shares }));
}
