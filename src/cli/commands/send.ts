import { oneLine } from '../../base/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import { readInput } from '../input.ts';
import type { Invocation } from '../invocation.ts';
import { report } from '../report.ts';
import { openSessionReach } from '../session-reach.ts';
import { detach, driveTurn, refuseDetached, sendInput } from '../work.ts';

/** Characters that the name of a source may have. */
const NAME_LENGTH = 128;

/** Sends the input durably, then shows its turn to the end. Into a pipe goes no answer: the session keeps it. */
export async function run(invocation: Invocation): Promise<Exit> {
  const { args, options, terminal } = invocation;
  const text = await readInput(args[1], invocation);
  const asNote = options.flag('note');
  await using reached = await openSessionReach(invocation, { forTurn: !asNote });
  const { reach, client, session, row } = reached;
  if (asNote) {
    const reply = await session.addContext(text);
    report(invocation, `added to ${row.name}; the model sees it with its next request`, reply);
    return EXIT.done;
  }
  refuseDetached(invocation, reach);
  const from = options.text('from');
  const source = from === undefined ? USER : { kind: 'program' as const, name: oneLine(from, NAME_LENGTH) };
  const delivery = options.flag('steer') ? 'steer' : 'queue';
  const begin = (): ReturnType<typeof sendInput> => sendInput(session, text, { source, delivery });
  const work = { client, session, name: row.name, begin, view: { silent: !terminal.out.terminal } };
  return await (options.flag('detach') ? detach : driveTurn)(invocation, work);
}

const USER = { kind: 'user' } as const;
