import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { report } from '../report.ts';
import { openSessionReach } from '../session-reach.ts';

/** Records the cancel, then waits until what ran is stopped and the turn is closed. */
export async function run(invocation: Invocation): Promise<Exit> {
  await using reached = await openSessionReach(invocation);
  const { session, row } = reached;
  await session.cancel(invocation.options.text('reason'));
  const settled = await session.settled({ signal: invocation.terminal.gone });
  report(invocation, `the turn of ${row.name} is cancelled; it is ${settled.status}`, settled);
  return EXIT.done;
}
