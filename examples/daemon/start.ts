// A daemon of the example's own: in a home that nobody else uses, and never longer there than the example.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Where the package is installed, `npx carrel`. */
const PROGRAM = fileURLToPath(new URL('../../bin/carrel.js', import.meta.url));

export interface Daemon extends AsyncDisposable {
  /** Ends it at once, as a crash would; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Resolves when it serves; rejects with what it said when it does not. Disposing it stops it in good order. */
export async function startDaemon(home: string): Promise<Daemon> {
  const child = spawn(process.execPath, [PROGRAM, 'daemon', 'run'], {
    env: { ...process.env, CARREL_HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close');
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  let said = '';
  for await (const chunk of child.stderr.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (!said.includes('serving at')) continue;
    child.stderr.resume();
    return { kill: () => stop('SIGKILL'), [Symbol.asyncDispose]: () => stop('SIGTERM') };
  }
  throw new Error(`the daemon did not start: ${said}`);
}
