// For systems without /proc. `ps` with `e` adds a process's environment to its command, for one's own processes.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CALL_VARIABLE } from './mark.ts';
import type { ProcessRow, ProcessSnapshot } from './process-table.ts';

const run = promisify(execFile);
const COLUMNS = 'pid=,ppid=,pgid=,stat=,lstart=,command=';
const ROW = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\w+ +\w+ +\w+ +[\d:]+ +\d+)\s(.*)$/;
/** Bytes of output taken: some thousands of processes with their environments. */
const MAX_BYTES = 64 * 1024 * 1024;

export async function readProcessesByPs(): Promise<ProcessSnapshot> {
  const { stdout } = await run('ps', ['axeww', '-o', COLUMNS], {
    maxBuffer: MAX_BYTES,
    env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
  });
  return { rows: parsePs(stdout), settled: true };
}

export function parsePs(text: string): ProcessRow[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, group, state, started, command = ''] = ROW.exec(line) ?? [];
    if (pid === undefined || started === undefined) return [];
    const at = command.indexOf(`${CALL_VARIABLE}=`);
    const row = {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: Number(group),
      start: Date.parse(started),
      dead: state?.startsWith('Z') === true,
    };
    return [at < 0 ? row : { ...row, marks: command.slice(at) }];
  });
}
