import type { Exit } from '../exit.ts';
import { readInput } from '../input.ts';
import type { Invocation } from '../invocation.ts';
import { openPlanned } from '../planned.ts';
import { detach, driveTurn, sendInput } from '../work.ts';

export async function run(invocation: Invocation): Promise<Exit> {
  const text = await readInput(invocation.args[0], invocation);
  await using planned = await openPlanned(invocation);
  const { client, session, name } = planned;
  const work = { client, session, name, begin: () => sendInput(session, text) };
  return await (invocation.options.flag('detach') ? detach : driveTurn)(invocation, work);
}
