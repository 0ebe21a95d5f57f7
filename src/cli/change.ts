// Commands that change a session without a turn: one command, one line about it.
import { EXIT, type Exit } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { report } from './report.ts';
import { openSessionReach, submit } from './session-reach.ts';

export async function change(
  invocation: Invocation,
  command: Parameters<typeof submit>[1],
  done: string,
): Promise<Exit> {
  await using reached = await openSessionReach(invocation);
  const reply = await submit(reached.session, command);
  report(invocation, `${reached.row.name} ${done}`, reply);
  return EXIT.done;
}
