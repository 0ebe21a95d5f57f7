// The process: arguments, environment, working folder, signals and exit code meet the program here and nowhere else.
import { MANIFEST } from './manifest.ts';
import { processTerminal } from './process-terminal.ts';
import { runProgram } from './program.ts';

export async function start(): Promise<void> {
  const stop = new AbortController();
  // Asked to end: what runs is parked, so that it goes on where it was. Asked again, the process ends at once.
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort(signal));
  const exit = await runProgram(process.argv.slice(2), {
    terminal: processTerminal(process.env, stop.signal),
    env: process.env,
    folder: process.cwd(),
    version: MANIFEST.version,
  });
  if (stop.signal.aborted) process.kill(process.pid, stop.signal.reason as NodeJS.Signals);
  else process.exitCode = exit;
}
