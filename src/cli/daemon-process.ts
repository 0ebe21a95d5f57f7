// The daemon as another process: is it there, start it, end it.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sleep, stripControls, systemClock } from '../base/index.ts';
import type { Home } from '../config/index.ts';
import { readPresence, type Presence } from '../daemon/index.ts';
import { CarrelError } from '../protocol/errors.ts';
import { homeHolder } from '../store/index.ts';
import { isReady } from './daemon-health.ts';
import type { Invocation } from './invocation.ts';

/** The same place from the sources and from what is built of them. */
const PROGRAM = fileURLToPath(new URL('../../bin/carrel.js', import.meta.url));

const LOOK_MS = 50;
/** Loading and recovery on a slow machine; usually far below a second. */
const START_MS = 30_000;
/** Longer than the daemon itself gives what runs. */
const STOP_MS = 15_000;
/** One that lost the race ends at once; the one that won may not be ready yet. */
const WINNER_MS = 5_000;
const HEALTH_MS = 2_000;
const TOLD_LINES = 5;

export interface Serving extends Presence {
  /** It takes input now. */
  readonly ready: boolean;
}

/** The daemon that serves this home. What a dead one left behind does not count, even while its pid does. */
export async function servingDaemon(home: Home): Promise<Serving | undefined> {
  const presence = readPresence(home.daemon, homeHolder({ home: home.dataFolder }));
  if (presence === undefined) return undefined;
  try {
    const signal = AbortSignal.timeout(HEALTH_MS);
    return { ...presence, ready: await isReady(presence.url, signal) };
  } catch (error) {
    // Nobody listens there: it is gone. Whatever else it is, it is there, and hangs or is stopping.
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    return code === 'ECONNREFUSED' ? undefined : { ...presence, ready: false };
  }
}

/** Starts one that outlives this process and resolves when it serves, or another does. Rejects with what it said when it ends. */
export async function startDaemon(
  invocation: Invocation,
  home: Home,
  flags: readonly string[],
): Promise<Serving> {
  mkdirSync(home.logs, { recursive: true, mode: 0o700 });
  const log = join(home.logs, 'daemon.log');
  const said = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  const child = spawnDetached(invocation, log, ['daemon', 'run', ...flags]);
  const failed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', () => resolve(readFileSync(log).subarray(said).toString()));
  });
  let reason: string | undefined;
  let endAtMs = systemClock.monotonic() + START_MS;
  void failed.then((text) => {
    reason = text;
    endAtMs = Math.min(endAtMs, systemClock.monotonic() + WINNER_MS);
  });
  while (systemClock.monotonic() < endAtMs) {
    const serving = await servingDaemon(home);
    if (serving !== undefined) {
      child.unref();
      return serving;
    }
    if (reason !== undefined && homeHolder({ home: home.dataFolder }) === undefined) break;
    await sleep(systemClock, LOOK_MS);
  }
  child.unref();
  throw reason === undefined ? notReady(log) : ended(reason, log);
}

function spawnDetached({ env }: Invocation, log: string, args: readonly string[]): ChildProcess {
  const file = openSync(log, 'a', 0o600);
  try {
    return spawn(process.execPath, [PROGRAM, ...args], {
      detached: true,
      stdio: ['ignore', file, file],
      env,
      cwd: '/', // it must not keep a folder from being removed
    });
  } finally {
    closeSync(file);
  }
}

function ended(reason: string, log: string): CarrelError {
  const last = stripControls(reason).trim().split('\n').slice(-TOLD_LINES).join('\n');
  return new CarrelError('host_unavailable', `the daemon did not start: ${last} (${log})`);
}

function notReady(log: string): CarrelError {
  return new CarrelError('timeout', `the daemon is not ready after ${String(START_MS / 1000)} s: see ${log}`);
}

/** Resolves when it holds the home no more. A second signal ends one that does not come to its end. */
export async function stopDaemon(home: Home, { pid }: Presence): Promise<void> {
  const holds = (): boolean => homeHolder({ home: home.dataFolder }) === pid;
  for (let signals = 0; signals < 2 && holds(); signals++) {
    process.kill(pid, 'SIGTERM');
    for (let waitedMs = 0; waitedMs < STOP_MS && holds(); waitedMs += LOOK_MS)
      await sleep(systemClock, LOOK_MS);
  }
  if (holds())
    throw new CarrelError('timeout', `process ${String(pid)} does not end: kill -9 ${String(pid)}`);
}
