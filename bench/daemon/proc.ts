// What processes use, as Linux tells it in /proc.
import { readdirSync, readFileSync } from 'node:fs';

/** Every Linux counts in hundredths of a second there. */
const TICK_MICROS = 10_000;
const KIB = 1024;

interface Usage {
  readonly parent: number;
  /** With that of children that it has waited for. */
  readonly micros: number;
}

/** CPU of a process, of the children it waited for, and of all that are below it now, µs. Steps of 10 ms. */
export function treeCpuMicros(root: number): number {
  const all = new Map<number, Usage>();
  for (const name of readdirSync('/proc')) {
    const usage = /^\d+$/.test(name) ? usageOf(Number(name)) : undefined;
    if (usage !== undefined) all.set(Number(name), usage);
  }
  const within = (pid: number): boolean => {
    for (let at = pid; at > 1; at = all.get(at)?.parent ?? 0) if (at === root) return true;
    return false;
  };
  let micros = 0;
  for (const [pid, usage] of all) if (within(pid)) micros += usage.micros;
  return micros;
}

export function residentBytes(pid: number): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
  return Number(kib) * KIB;
}

/** Nothing when it has ended meanwhile. */
function usageOf(pid: number): Usage | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  // Behind the name, which may hold anything: state, parent, …; then utime, stime, cutime and cstime as 14th to 17th of all.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).map(Number);
  return { parent: Number(fields[1]), micros: ticks.reduce((sum, each) => sum + each, 0) * TICK_MICROS };
}
