import { oneLine } from '../../base/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import { readInput } from '../input.ts';
import type { Invocation } from '../invocation.ts';
import { report } from '../report.ts';
import { driveTurn, sendInput } from '../work.ts';
import { openWorkingSession } from '../working.ts';

/** Characters that the name of a source may have. */
const NAME_LENGTH = 128;

/** Accepts the input durably, then runs its turn to the end. Into a pipe goes no answer: the session keeps it. */
export async function run(invocation: Invocation): Promise<Exit> {
  const { args, options, terminal } = invocation;
  const text = await readInput(args[1], invocation);
  const asNote = options.flag('note');
  await using working = await openWorkingSession(invocation, { forTurn: !asNote });
  const { host, session, row, store } = working;
  const from = options.text('from');
  if (!asNote) {
    const view = { silent: !terminal.out.terminal };
    return await driveTurn(invocation, {
      host,
      session,
      name: row.name,
      store,
      begin: () =>
        sendInput(
          session,
          text,
          from === undefined ? {} : { source: { kind: 'program', name: oneLine(from, NAME_LENGTH) } },
        ),
      view,
    });
  }
  const reply = await session.addContext(text);
  report(invocation, `added to ${row.name}; the model sees it with its next request`, reply);
  return EXIT.done;
}
