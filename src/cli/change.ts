// Commands that change a session without a turn: one command, one line about it.
import { newId, systemClock, systemRandom } from '../base/index.ts';
import type { Command } from '../protocol/index.ts';
import { EXIT, type Exit } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { report } from './report.ts';
import { openWorkingSession } from './working.ts';

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

export async function change(
  invocation: Invocation,
  command: WithoutId<Command>,
  done: string,
): Promise<Exit> {
  await using working = await openWorkingSession(invocation);
  const reply = await working.session.command({
    ...command,
    id: newId('cmd', systemClock.now(), systemRandom),
  });
  report(invocation, `${working.row.name} ${done}`, reply);
  return EXIT.done;
}
