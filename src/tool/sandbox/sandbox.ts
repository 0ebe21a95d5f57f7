import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { deferred, systemClock, type Clock } from '../../base/index.ts';
import { BoundedOutput } from './bounded-output.ts';
import { commandEnvironment, type Environment } from './environment.ts';
import { CALL_VARIABLE, openLeash } from './mark.ts';
import { Progress } from './progress.ts';
import type { Reaped } from './reap.ts';
import { Tracker, type TrackedCall } from './tracker.ts';

/** When every known process is dead, the rest of the output is in the pipe and comes at once. Else someone holds it: look again, every so many ms. */
const DRAIN_MS = 100;
/** How often at most. Whoever holds it then was not started by the command but handed it. */
const DRAINS = 50;

export interface Command {
  readonly command: string;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Bytes of output that are kept. */
  readonly outputBytes: number;
  readonly progress: (text: string) => void;
}

export interface CommandEnd {
  /** First and last part of what it wrote to either stream, in order. */
  readonly output: string;
  readonly cut: boolean;
  /** Null when a signal ended it, or when its end could not be confirmed. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The abort came before its end. */
  readonly aborted: boolean;
  /** Processes that were still there when the command had ended and had to be ended. */
  readonly leftBehind: number;
  /** Whether all its processes are known to be dead. */
  readonly confirmed: boolean;
}

export interface SandboxOptions {
  /** The environment commands start from, before what looks like a secret is dropped. Default: empty but for PATH. */
  readonly environment?: Environment;
  /** Names of further variables to drop. */
  readonly secrets?: readonly string[];
  readonly clock?: Clock;
}

/** Runs commands of which no process outlives the call or the host. It does not restrict what they can reach. */
export interface Sandbox {
  /**
   * Runs a command in a shell and resolves when it and everything it started has ended, which an abort makes happen: TERM
   * at once, KILL after 1 s. Rejects with `tool_failed` only when nothing was started.
   */
  run(command: Command): Promise<CommandEnd>;
  /** The process that cleans up after the host; undefined before the first command. */
  readonly watcherPid: number | undefined;
}

export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const clock = options.clock ?? systemClock;
  const environment = commandEnvironment(options.environment ?? {}, options.secrets);
  const tracker = new Tracker(clock);
  return {
    get watcherPid() {
      return tracker.watcherPid;
    },
    async run(command) {
      using progress = new Progress(command.progress, clock);
      using call = tracker.track((mark) => startShell(command, environment, mark));
      call.giveWay();
      const output = new BoundedOutput(command.outputBytes);
      const { exited, closed } = collect(call.child, (chunk) => {
        output.push(chunk);
        progress.push(chunk);
      });
      await Promise.race([exited, abortOf(command.signal)]);
      const aborted =
        command.signal.aborted && call.child.exitCode === null && call.child.signalCode === null;
      const { found, confirmed } = await endAll(call, closed, clock);
      call.child.stdout?.destroy();
      call.child.stderr?.destroy();
      return {
        output: output.text(),
        cut: output.cut,
        exitCode: call.child.exitCode,
        signal: call.child.signalCode,
        aborted,
        leftBehind: found,
        confirmed,
      };
    },
  };
}

function collect(
  child: ChildProcess,
  push: (chunk: Buffer) => void,
): { exited: Promise<void>; closed: Promise<void> } {
  const exited = deferred<void>();
  const closed = deferred<void>();
  child.once('exit', () => exited.resolve()).once('close', () => closed.resolve());
  child.stdout?.on('data', push);
  child.stderr?.on('data', push);
  return { exited: exited.promise, closed: closed.promise };
}

function abortOf(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = deferred<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

async function endAll(call: TrackedCall, closed: Promise<void>, clock: Clock): Promise<Reaped> {
  let found = 0;
  for (let drain = 0; drain < DRAINS; drain++) {
    const reaped = await call.end();
    found += reaped.found;
    if (!reaped.confirmed) return { found, confirmed: false };
    if (await within(DRAIN_MS, closed, clock)) return { found, confirmed: true };
  }
  return { found, confirmed: false };
}

async function within(delayMs: number, wanted: Promise<void>, clock: Clock): Promise<boolean> {
  const late = deferred<boolean>();
  using _timer = clock.after(delayMs, () => late.resolve(false));
  return Promise.race([wanted.then(() => true), late.promise]);
}

function startShell(
  { command, folder }: Command,
  environment: Readonly<Record<string, string>>,
  mark: string,
): ChildProcess {
  using leash = openLeash(mark);
  const options: SpawnOptions = {
    cwd: folder,
    env: { ...environment, [CALL_VARIABLE]: (environment[CALL_VARIABLE] ?? '') + mark },
    windowsHide: true,
    // Input is empty from the start: a command that asks a question gets no answer rather than waiting for ever.
    stdio: ['ignore', 'pipe', 'pipe', ...(leash === undefined ? [] : [leash.fd])],
  };
  if (process.platform === 'win32')
    return spawn('cmd.exe', ['/d', '/s', '/c', `"${command}"`], {
      ...options,
      windowsVerbatimArguments: true,
    });
  // One pipe for both streams keeps what was written in order.
  return spawn('/bin/sh', ['-c', `exec 2>&1; ${command}`], { ...options, detached: true });
}
