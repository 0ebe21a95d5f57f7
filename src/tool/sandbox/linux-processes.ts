// Blocking reads of /proc cost a tenth of asynchronous ones and never wait for a disk, so they are used, a few at a time.
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { setImmediate as otherWork } from 'node:timers/promises';
import { systemCode } from '../file-error.ts';
import { CALL_VARIABLE, LEASH_PREFIX } from './mark.ts';
import type { ProcessRow, ProcessSnapshot } from './process-table.ts';

/** How long the loop is held at a time, ms. */
const SLICE_MS = 2;

/** Larger than any environment a host gives; the marks are looked for in what fits. */
const buffer = Buffer.alloc(256 * 1024);

/** Rejects when the table cannot be read, for instance for want of file handles: an empty answer would be a lie. */
export async function readLinuxProcesses(since: number): Promise<ProcessSnapshot> {
  const rows: ProcessRow[] = [];
  let settled = true;
  let sliceEnds = performance.now() + SLICE_MS;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const row = readProcess(pid, since);
    if (row === undefined || (row.dead && row.start >= since)) settled = false;
    if (row !== undefined) rows.push(row);
    if (performance.now() < sliceEnds) continue;
    await otherWork();
    sliceEnds = performance.now() + SLICE_MS;
  }
  return { rows, settled };
}

/** Undefined when there is no such process. */
export function readProcess(pid: number, since = Infinity): ProcessRow | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command's name stands in parentheses and may hold anything, parentheses too. The state behind it is the third field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  const row = {
    pid,
    parent: field(4),
    group: field(5),
    session: field(6),
    start: field(22),
    // A leader that ended before its threads (field 20) looks dead and is not.
    dead: (fields[0] === 'Z' || fields[0] === 'X') && field(20) <= 1,
  };
  const marks = row.start < since || row.dead ? undefined : readMarks(pid);
  return marks === undefined ? row : { ...row, marks };
}

function readMarks(pid: number): string | undefined {
  const environment = `\0${readText(`/proc/${pid}/environ`) ?? ''}`;
  const at = environment.indexOf(`\0${CALL_VARIABLE}=`);
  return at >= 0 ? environment.slice(at + 1).split('\0', 1)[0] : readLeashes(pid);
}

function readLeashes(pid: number): string | undefined {
  const directory = `/proc/${pid}/fd`;
  const names = unlessGone(() => readdirSync(directory)) ?? [];
  const leashes = names
    .map((name) => unlessGone(() => readlinkSync(`${directory}/${name}`)) ?? '')
    .filter((target) => target.includes(LEASH_PREFIX));
  return leashes.length === 0 ? undefined : leashes.join(' ');
}

function readText(path: string): string | undefined {
  return unlessGone(() => {
    const file = openSync(path, 'r');
    try {
      return buffer.toString('latin1', 0, readSync(file, buffer));
    } finally {
      closeSync(file);
    }
  });
}

/** Undefined for what is gone, and for another user's process, which tells nothing about itself. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return undefined;
    throw error;
  }
}
