// Seeds are shared out to processes: a run needs one core, and what is planted in the code is of one process.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Channel } from '../../src/base/index.ts';
import type { Violation } from '../../src/testing/index.ts';

export interface SeedLine {
  readonly seed: number;
  readonly steps: number;
  readonly violation?: Violation;
}

export interface SeedRange {
  readonly from: number;
  readonly count: number;
}

export interface RunOptions {
  readonly workers: number;
  /** The fault that is planted in the code, by its name. */
  readonly planted?: string;
}

const WORKER = new URL('worker.ts', import.meta.url).pathname;
const PLANT = new URL('plant.ts', import.meta.url).pathname;
/** Lines that may wait: they are small, and a reader that is slower than simulations does not exist. */
const LINES = 1_000_000;

/** What each seed came to, as it is known. Leaving ends the processes. A process that fails throws. */
export async function* runSeeds(
  range: SeedRange,
  { workers, planted }: RunOptions,
): AsyncGenerator<SeedLine> {
  const lines = new Channel<SeedLine>(LINES);
  let open = workers;
  const children = Array.from({ length: workers }, (_, index) => {
    const plant = planted === undefined ? [] : ['--import', PLANT];
    const seeds = [range.from + index, range.from + range.count, workers].map(String);
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', ...plant, WORKER, ...seeds],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...(planted === undefined ? {} : { CARREL_PLANTED: planted }) },
      },
    );
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as SeedLine));
    child.on('close', (code) => {
      open--;
      if (code !== 0 && code !== null)
        lines.end(new Error(`a process of the simulation ended with ${String(code)}`));
      else if (open === 0) lines.end();
    });
    return child;
  });
  try {
    yield* lines;
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}
