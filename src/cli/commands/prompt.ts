// `carrel` alone: one session, line after line, until there is a terminal interface.
import { CarrelError, codeOf } from '../../protocol/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import { printFailure } from '../failure.ts';
import type { Invocation } from '../invocation.ts';
import { openPlanned } from '../planned.ts';
import { driveTurn, sendInput } from '../work.ts';

export async function run(invocation: Invocation): Promise<Exit> {
  const { terminal } = invocation;
  if (!terminal.interactive) {
    throw new CarrelError(
      'invalid_params',
      'there is no terminal to ask at: carrel run "PROMPT" answers one prompt, carrel --help lists everything',
    );
  }
  await using planned = await openPlanned(invocation);
  const { client, session, name } = planned;
  terminal.err.write('Type what to do; an empty line does nothing, Ctrl-D leaves.\n');
  for (let line = await nextLine(invocation); line !== undefined; line = await nextLine(invocation)) {
    if (line.trim() === '') continue;
    const text = line;
    const begin = (): ReturnType<typeof sendInput> => sendInput(session, text);
    await driveTurn(invocation, { client, session, name, begin }).catch((error: unknown) => {
      if (codeOf(error) === 'internal') throw error;
      printFailure(error, terminal.err, false);
    });
    if (terminal.gone.aborted) break;
  }
  terminal.err.write(`\nGo on with: carrel run -s ${name}\n`);
  return EXIT.done;
}

/** A line, or undefined at the end of input and on Ctrl-C. */
async function nextLine({ terminal }: Invocation): Promise<string | undefined> {
  const stop = new AbortController();
  using _interrupt = terminal.onInterrupt(() => stop.abort());
  const signal = AbortSignal.any([stop.signal, terminal.gone]);
  return terminal.ask('› ', signal).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
}
