import { codeOf, type CommandReply } from '../../protocol/index.ts';
import type { Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { raises } from '../raise.ts';
import { submit, type SessionReach } from '../session-reach.ts';
import { takeOn } from '../work.ts';

/** Goes on, whatever stopped it: limits are raised and a failed session is revived first. */
export function run(invocation: Invocation): Promise<Exit> {
  const asked = raises(invocation);
  return takeOn(invocation, async (reached) => {
    for (const raise of asked(reached.row)) await submit(reached.session, raise);
    const revived = reached.row.status === 'failed' ? await revive(reached) : undefined;
    return revived?.turn === undefined ? goOn(reached) : revived;
  });
}

function revive({ session }: SessionReach): Promise<CommandReply> {
  return session.command('session/revive', { by: { kind: 'user' } });
}

/** A turn that a dead process left open goes on by being taken up; `turn/continue` is refused then, and that is fine. */
async function goOn({ session, row }: SessionReach): Promise<CommandReply | undefined> {
  try {
    return await session.continue();
  } catch (error) {
    if (row.status === 'running' && codeOf(error) === 'conflict') return undefined;
    throw error;
  }
}
