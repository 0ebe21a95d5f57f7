// A host lives under strace, which writes down all it does to its disk. At random moments of that life the disk is made anew as
// a power cut could leave it, and what can be found on it is looked at.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Disk, WAYS, type Chance } from './disk.ts';
import { findProblems, type Said } from './outcome.ts';
import { readTrace, TRACED, type Deed } from './trace.ts';

/** A traced life takes seconds; only one that hangs takes this. */
const LIFE_MS = 60_000;
/** Of the problems of one cut: a lost disk would fill pages. */
const SHOWN = 5;
/** What is left of a disk is looked at in memory where that can be: syncing it again would take most of the time. */
const COPIES = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const STRACE = ['-f', '-xx', '-s', '16777216', '-e', 'signal=none', '-e', `trace=${TRACED}`];

export function canTrace(): boolean {
  return spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;
}

/** Random, but the same again for the same seed. */
function chanceOf(seed: number): Chance {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a whole life did to the folder. */
function traceLife(folder: string, preload: readonly string[]): readonly Deed[] {
  const log = join(folder, '..', 'trace');
  const life = join(import.meta.dirname, 'life.ts');
  const run = spawnSync(
    'strace',
    [...STRACE, '-o', log, process.execPath, ...preload.flatMap((file) => ['--import', file]), life, folder],
    { encoding: 'utf8', timeout: LIFE_MS, env: { ...process.env, UV_USE_IO_URING: '0' } },
  );
  if (run.status !== 0 || run.stderr !== '')
    throw new Error(`the life failed with ${String(run.status ?? run.signal)}: ${run.stderr}`);
  return readTrace(readFileSync(log, 'latin1'), folder);
}

export interface Cut {
  readonly cut: string;
  readonly problems: readonly string[];
}

/** One life, cut at so many moments. `preload` is loaded into each of its threads. */
export async function cutOften(times: number, preload: readonly string[] = []): Promise<readonly Cut[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'carrel-power-'));
  try {
    const folder = join(scratch, 'life');
    mkdirSync(folder);
    return await cutAt(folder, traceLife(folder, preload), times);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function cutAt(folder: string, deeds: readonly Deed[], times: number): Promise<readonly Cut[]> {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const chance = chanceOf(seed);
  const moments = Array.from({ length: times }, () => Math.floor(chance() * deeds.length)).toSorted(
    (a, b) => a - b,
  );
  const disk = new Disk([folder]);
  const said = new Witness(join(folder, 'said'));
  const ledger = new Witness(join(folder, 'ledger'));
  const cuts: Cut[] = [];
  for (const [at, deed] of deeds.entries()) {
    disk.do(deed);
    said.hear(deed);
    ledger.hear(deed);
    for (const _ of moments.filter((moment) => moment === at)) {
      const way = WAYS[Math.floor(chance() * WAYS.length)] ?? 'lost';
      const target = mkdtempSync(join(COPIES, 'carrel-cut-'));
      try {
        disk.cut({ folder, target, way, chance });
        writeFileSync(join(target, 'ledger'), ledger.text);
        const problems = await findProblems(target, said.lines());
        const cut = `${way} at ${at} of ${deeds.length}, seed ${seed}`;
        cuts.push({ cut, problems: problems.slice(0, SHOWN) });
      } finally {
        rmSync(target, { recursive: true });
      }
    }
  }
  return cuts;
}

/** What was written to one file by now. It has reached someone outside, so the cut takes none of it. */
class Witness {
  readonly #path: string;
  #file: number | 'folder' | undefined;
  text = '';

  constructor(path: string) {
    this.#path = path;
  }

  hear(deed: Deed): void {
    if (deed.kind === 'name' && deed.path === this.#path) this.#file = deed.file;
    if (deed.kind === 'write' && deed.file === this.#file) this.text += deed.bytes.toString();
  }

  lines(): readonly Said[] {
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Said);
  }
}
