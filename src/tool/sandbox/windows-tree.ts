import { execFile } from 'node:child_process';
import type { Reaped } from './reap.ts';

/** Ends a process and its descendants. Windows tells neither sessions nor environments: a process whose parent has ended is not found. */
export function endWindowsTree(pid: number): Promise<Reaped> {
  return new Promise((resolve) => {
    execFile('taskkill', ['/T', '/F', '/PID', String(pid)], (error) => {
      // 128: there is no such process any more.
      const gone = error === null || error.code === 128;
      resolve({ found: error === null ? 1 : 0, confirmed: gone });
    });
  });
}
