import { FAULTS, type Fault } from './faults.ts';
import { runSeeds } from './seeds.ts';

/** Of the faults, as many may go unnoticed. */
const MISSED = 1;

interface Row {
  readonly fault: Fault;
  readonly found: string;
  readonly seed: string;
  readonly steps: number;
}

/** Plants each fault and simulates until it is found, at most `seeds` seeds each. Gives whether all but one were. */
export async function plantedTable({
  seeds,
  workers,
}: {
  readonly seeds: number;
  readonly workers: number;
}): Promise<boolean> {
  const left = [...FAULTS];
  const rows: Row[] = [];
  const work = async (): Promise<void> => {
    for (let fault = left.shift(); fault !== undefined; fault = left.shift())
      rows.push(await hunt(fault, seeds));
  };
  await Promise.all(Array.from({ length: workers }, work));
  for (const fault of FAULTS) {
    const row = rows.find((one) => one.fault === fault);
    if (row !== undefined) print(row);
  }
  const found = rows.filter((row) => row.found !== '').length;
  console.log(`${String(found)} of ${String(FAULTS.length)} planted faults were found`);
  return found >= FAULTS.length - MISSED;
}

async function hunt(fault: Fault, seeds: number): Promise<Row> {
  let steps = 0;
  for await (const line of runSeeds({ from: 1, count: seeds }, { workers: 1, planted: fault.name })) {
    steps += line.steps;
    if (line.violation === undefined) continue;
    const { promise, what } = line.violation;
    return { fault, found: `${promise} ${what}`, seed: String(line.seed), steps };
  }
  return { fault, found: '', seed: '-', steps };
}

const WHAT = 90;

function print({ fault, found, seed, steps }: Row): void {
  const said = found === '' ? 'NOT FOUND' : found.slice(0, WHAT);
  console.log(
    `${fault.name.padEnd(34)} seed ${seed.padStart(4)} ${String(steps).padStart(8)} steps  ${said}`,
  );
}
