import { newId, systemClock, systemRandom } from '../../base/index.ts';
import { codeOf, type CommandReply } from '../../protocol/index.ts';
import type { Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { raises } from '../raise.ts';
import { takeOn } from '../work.ts';
import type { WorkingSession } from '../working.ts';

/** Goes on, whatever stopped it: limits are raised and a failed session is revived first. */
export function run(invocation: Invocation): Promise<Exit> {
  const asked = raises(invocation);
  return takeOn(invocation, async (working) => {
    for (const raise of asked(working.row)) await working.session.command(raise);
    const revived = working.row.status === 'failed' ? await revive(working) : undefined;
    return revived?.turn === undefined ? goOn(working) : revived;
  });
}

function revive({ session }: WorkingSession): Promise<CommandReply> {
  const id = newId('cmd', systemClock.now(), systemRandom);
  return session.command({ type: 'session/revive', id, by: { kind: 'user' } });
}

/** A turn that a dead process left open goes on by being taken up; `turn/continue` is refused then, and that is fine. */
async function goOn({ session, row }: WorkingSession): Promise<CommandReply | undefined> {
  try {
    return await session.continue();
  } catch (error) {
    if (row.status === 'running' && codeOf(error) === 'conflict') return undefined;
    throw error;
  }
}
