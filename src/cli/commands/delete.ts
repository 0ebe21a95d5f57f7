import { CarrelError } from '../../protocol/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { note } from '../note.ts';
import { report } from '../report.ts';
import { openSessionReach } from '../session-reach.ts';

/** Erases a session for good; `conflict` while a turn is open. Without `--yes` it asks, and without a terminal to ask at it refuses. */
export async function run(invocation: Invocation): Promise<Exit> {
  const { options } = invocation;
  await using reached = await openSessionReach(invocation);
  const { row, client } = reached;
  if (
    !options.flag('yes') &&
    !(await confirmed(invocation, `${row.name}, ${String(row.messages)} messages`))
  ) {
    note(invocation, 'info', 'nothing was deleted');
    return EXIT.cancelled;
  }
  const { head } = await client.erase(row.session);
  report(invocation, `${row.name} is deleted; the hash of its last event was ${head}`, {
    session: row.session,
    head,
  });
  return EXIT.done;
}

async function confirmed({ terminal, json }: Invocation, what: string): Promise<boolean> {
  if (!terminal.interactive || json) {
    throw new CarrelError(
      'invalid_params',
      `deleting cannot be undone: confirm with --yes that ${what} may go`,
    );
  }
  const answer = await terminal.ask(`delete ${what}, for good? [y/N] `, terminal.gone);
  return answer?.trim().toLowerCase() === 'y';
}
