import { sleep, type Clock } from '../../base/index.ts';
import { systemCode } from '../file-error.ts';
import type { ProcessRow } from './process-table.ts';

/** How long a process may take to end by itself after TERM, ms. */
const GRACE_MS = 1000;
/** How long after that death is waited for, ms. What the kernel holds longer, such as a dead disk, cannot be confirmed. */
const KILL_MS = 4000;
/** Pauses between looks, ms: short at first, since most processes end at once. */
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

/** Looks for the processes of a call that are alive. */
export type Look = () => Promise<readonly ProcessRow[]>;

export interface Reaped {
  /** How many were found alive. */
  readonly found: number;
  /** A look found none. False when the system would not let go of some. */
  readonly confirmed: boolean;
}

/** Ends every process that `look` finds, TERM first and KILL after the grace, until a look finds none. Never rejects. */
export async function reap(look: Look, clock: Clock): Promise<Reaped> {
  const asked = new Set<number>();
  const began = clock.monotonic();
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    // A look can fail for want of file handles, which pass. Until one succeeds, nothing is confirmed.
    const alive = await look().catch(() => undefined);
    if (alive?.length === 0) return { found: asked.size, confirmed: true };
    const tookMs = clock.monotonic() - began;
    if (tookMs > GRACE_MS + KILL_MS) return { found: asked.size, confirmed: false };
    if (tookMs < GRACE_MS) ask(alive ?? [], asked);
    else kill(alive ?? [], asked);
    await sleep(clock, pauseMs);
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
  }
}

/** Each process is asked once: a second TERM makes some programs drop what they are putting in order. */
function ask(alive: readonly ProcessRow[], asked: Set<number>): void {
  for (const { pid } of alive) {
    if (!asked.has(pid)) send(pid, 'SIGTERM');
    asked.add(pid);
  }
}

/** Whole groups first: a group dies at one stroke, however fast it forks. A call's groups hold nobody else. */
function kill(alive: readonly ProcessRow[], asked: Set<number>): void {
  for (const { pid } of alive) asked.add(pid);
  for (const group of new Set(alive.map((row) => row.group))) send(-group, 'SIGKILL');
  for (const { pid } of alive) send(pid, 'SIGKILL');
}

/** One that is gone is what was wanted; one that may not be signalled stays alive, and the next look says so. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH' && systemCode(error) !== 'EPERM') throw error;
  }
}
