// npm run simulate -- --seeds N [--from S] [--seed S [--only 1,2,3]] [--workers N]: runs the whole runtime on virtual time, and exits 1 when a
// promise is broken, with the line that shows it again. --planted: breaks the code on purpose, and exits 1 when that goes unnoticed.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { plantedTable } from './simulate/planted-table.ts';
import { reproduce } from './simulate/reproduce.ts';
import { runSeeds, type SeedLine } from './simulate/seeds.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '400' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    only: { type: 'string' },
    workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    planted: { type: 'boolean', default: false },
  },
});

async function seeds(): Promise<boolean> {
  const [from, count, workers] = [values.from, values.seeds, values.workers].map(Number);
  const startedAt = performance.now();
  let steps = 0;
  let failed: SeedLine | undefined;
  let done = 0;
  const range = { from: from ?? 1, count: count ?? 0 };
  for await (const line of runSeeds(range, { workers: workers ?? 1 })) {
    steps += line.steps;
    done++;
    if (line.violation !== undefined && line.seed < (failed?.seed ?? Infinity)) failed = line;
    if (failed !== undefined) break;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const rate = Math.round(steps / seconds);
  console.log(
    `${String(steps)} steps of ${String(done)} seeds in ${seconds.toFixed(1)} s: ${String(rate)} steps/s`,
  );
  console.log(
    'A step: a timer, half of a store call, a piece of an answer, the end of a tool, a command, or a fault.',
  );
  if (failed === undefined) console.log('Every promise was kept.');
  else await reproduce({ seed: failed.seed });
  return failed === undefined;
}

function chosen(): Promise<boolean> {
  if (values.planted) return plantedTable({ seeds: Number(values.seeds), workers: Number(values.workers) });
  if (values.seed === undefined) return seeds();
  const only = values.only?.split(',').map(Number);
  return reproduce({ seed: Number(values.seed), ...(only === undefined ? {} : { only }) });
}

process.exitCode = (await chosen()) ? 0 : 1;
