// For tests: a folder of their own, and the context of a call.
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemCode } from './file-error.ts';
import type { ToolContext } from './port.ts';

export interface TestFolder extends AsyncDisposable {
  /** A real path. */
  readonly path: string;
}

export async function testFolder(): Promise<TestFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'carrel-test-')));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export function testContext(folder: string, more: Partial<ToolContext> = {}): ToolContext {
  return {
    session: 'ses_test',
    call: 'cal_1',
    folder,
    signal: new AbortController().signal,
    outputBytes: 256 * 1024,
    progress: () => undefined,
    ...more,
  };
}

/** Resolves when `condition` holds, looking again at every turn of the loop that brings news, for at most 20 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`never came true: ${condition.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

/** Pids of living processes whose command line contains `text`. Linux. */
export async function processesWith(text: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).map(Number).filter(Number.isInteger)) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    if (line.includes(text) && pid !== process.pid) found.push(pid);
  }
  return found;
}

/** Leaves nothing behind when a test has failed. Who is gone by itself meanwhile is gone. */
export async function killAll(text: string): Promise<void> {
  for (const pid of await processesWith(text)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (systemCode(error) !== 'ESRCH') throw error;
    }
  }
}
