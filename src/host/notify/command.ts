// A command of the user's own, for notifications: no shell, the notification as JSON on its input, nothing of its output read.
import { spawn, type ChildProcess } from 'node:child_process';
import { platform } from 'node:os';
import type { Clock } from '../../base/index.ts';
import type { Delivered, Receiver } from './port.ts';

/** For one try, ms. */
const TIMEOUT_MS = 30_000;

export interface CommandOptions extends Pick<Receiver, 'name' | 'kinds'> {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

/** Delivered when it ends with 0. What it leaves behind is killed with it when it takes too long or the host closes. */
export function commandReceiver(options: CommandOptions): Receiver {
  return {
    name: options.name,
    kinds: options.kinds,
    send: (notification, signal) => run(options, `${JSON.stringify(notification)}\n`, signal),
  };
}

async function run(
  { command: [program = '', ...args], environment, clock }: CommandOptions,
  input: string,
  signal: AbortSignal,
): Promise<Delivered> {
  const child = spawn(program, args, {
    env: environment,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: platform() !== 'win32',
  });
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  child.on('error', (error: NodeJS.ErrnoException) =>
    resolve(`cannot be started (${error.code ?? error.name})`),
  );
  child.on('exit', (code, by) => resolve(code === 0 ? undefined : `ended with ${String(code ?? by)}`));
  child.stdin?.on('error', () => undefined); // it need not read what it is told
  child.stdin?.end(input);
  const stop = (): void => kill(child);
  using _timer = clock.after(TIMEOUT_MS, stop);
  signal.addEventListener('abort', stop, { once: true });
  const problem = await promise.finally(() => signal.removeEventListener('abort', stop));
  return problem === undefined ? { ok: true } : { ok: false, again: true, why: `the command ${problem}` };
}

function kill(child: ChildProcess): void {
  try {
    if (platform() === 'win32' || child.pid === undefined) child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // It has ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
