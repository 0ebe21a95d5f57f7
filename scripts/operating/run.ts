import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/** Longest time of one command: an install from a cold cache. */
const COMMAND_MS = 180_000;

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** What it said on both streams. Throws with that when it ends otherwise than well, or is not there. */
export function run(command: readonly [string, ...string[]], { cwd, env }: RunOptions = {}): string {
  const [program, ...args] = command;
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    cwd: cwd ?? ROOT,
    env: env ?? process.env,
    encoding: 'utf8',
    timeout: COMMAND_MS,
  });
  if (error !== undefined) throw new Error(`${program}: ${error.message}`, { cause: error });
  const said = `${stdout}${stderr}`;
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${String(status)}: ${said}`);
  return said;
}

export function scratch(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'carrel-operating-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
