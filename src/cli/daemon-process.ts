// The daemon as another process: is it there, start it, end it.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sleep, stripControls, systemClock } from '../base/index.ts';
import { daemonAt, type DaemonFile } from '../client/node/index.ts';
import type { Home } from '../config/index.ts';
import { CarrelError, isErrorCode } from '../protocol/index.ts';
import { homeHolder } from '../store/index.ts';
import { isReady } from './daemon-health.ts';
import { daemonLog } from './daemon-log.ts';
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

/** Settings of a command, which it sends along itself: a daemon that it happens to start does not keep them. */
const OF_ONE_COMMAND: readonly string[] = [
  'CARREL_MODEL',
  'CARREL_MAX_STEPS',
  'CARREL_TURN_TIMEOUT',
  'CARREL_BUDGET',
];

export interface Serving extends DaemonFile {
  /** It takes input now. */
  readonly ready: boolean;
}

/** The daemon that serves this home. What a dead one left behind does not count, even while its pid does. */
export async function servingDaemon(home: Home): Promise<Serving | undefined> {
  const daemon = await daemonAt(home.dataFolder);
  if (daemon === undefined || daemon.pid !== homeHolder({ home: home.dataFolder })) return undefined;
  try {
    const signal = AbortSignal.timeout(HEALTH_MS);
    return { ...daemon, ready: await isReady(daemon.url, signal) };
  } catch (error) {
    // Nobody listens there: it is gone. Whatever else it is, it is there, and hangs or is stopping.
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    return code === 'ECONNREFUSED' ? undefined : { ...daemon, ready: false };
  }
}

/** The environment for a daemon that a command starts because it needs one. */
export function lastingEnvironment(env: Invocation['env']): Invocation['env'] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !OF_ONE_COMMAND.includes(name)));
}

/**
 * Starts one that outlives this process and resolves when it serves, or another does. Rejects with what it said when it ends:
 * `home_in_use`, `conflict` for a port, `invalid_params`, `store_unavailable`.
 */
export async function startDaemon(
  { env }: Pick<Invocation, 'env'>,
  home: Home,
  flags: readonly string[],
): Promise<Serving> {
  mkdirSync(home.logs, { recursive: true, mode: 0o700 });
  const log = daemonLog(home);
  const said = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  const child = spawnDetached(env, log, ['daemon', 'run', ...flags]);
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

function spawnDetached(env: Invocation['env'], log: string, args: readonly string[]): ChildProcess {
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

/** What it said in its own words, as an error of its own code; where it said nothing of that kind, its last lines. */
function ended(text: string, log: string): CarrelError {
  const said = stripControls(text).trim();
  const [, code = '', message = ''] = said.match(/^.*carrel: (\w+): (.*)$/m) ?? [];
  if (isErrorCode(code)) return new CarrelError(code, `the daemon did not start: ${message}`);
  const last = said.split('\n').slice(-TOLD_LINES).join('\n');
  return new CarrelError('host_unavailable', `the daemon did not start: ${last} (${log})`);
}

function notReady(log: string): CarrelError {
  return new CarrelError('timeout', `the daemon is not ready after ${String(START_MS / 1000)} s: see ${log}`);
}

/** Resolves when it holds the home no more. A second signal ends one that does not come to its end. */
export async function stopDaemon(home: Home, pid: number): Promise<void> {
  const holds = (): boolean => homeHolder({ home: home.dataFolder }) === pid;
  for (let signals = 0; signals < 2 && holds(); signals++) {
    process.kill(pid, 'SIGTERM');
    for (let waitedMs = 0; waitedMs < STOP_MS && holds(); waitedMs += LOOK_MS)
      await sleep(systemClock, LOOK_MS);
  }
  if (holds())
    throw new CarrelError('timeout', `process ${String(pid)} does not end: kill -9 ${String(pid)}`);
}

/** Another in its place, at the same port unless `flags` name one; with the environment of this process. A certificate is to be named again. */
export async function restartDaemon(
  invocation: Pick<Invocation, 'env'>,
  home: Home,
  { daemon, flags }: { readonly daemon: DaemonFile; readonly flags: readonly string[] },
): Promise<Serving> {
  const { port, protocol } = new URL(daemon.url);
  if (protocol === 'https:' && !flags.includes('--certificate')) {
    const message = `the daemon ${String(daemon.pid)} serves with a certificate: name it again (--certificate, --key, --address)`;
    throw new CarrelError('invalid_params', message);
  }
  await stopDaemon(home, daemon.pid);
  const place = flags.includes('--port') ? [] : ['--port', port];
  return startDaemon(invocation, home, [...flags, ...place]);
}
