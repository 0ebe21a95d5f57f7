import { CarrelError } from '../../protocol/index.ts';
import type { Exit } from '../exit.ts';
import { readInput } from '../input.ts';
import type { Invocation } from '../invocation.ts';
import { planRun } from '../plan.ts';
import { openPlanned } from '../planned.ts';
import { driveTurn, sendInput } from '../work.ts';
import { openWorking } from '../working.ts';

export async function run(invocation: Invocation): Promise<Exit> {
  refuseMissing(invocation);
  const text = await readInput(invocation.args[0], invocation);
  const plan = await planRun(invocation);
  await using working = await openWorking(invocation, plan.setting);
  const { session, name } = await openPlanned(invocation, plan, working);
  return await driveTurn(invocation, {
    host: working.host,
    session,
    name,
    store: working.store,
    begin: () => sendInput(session, text),
  });
}

const MISSING: Readonly<Record<string, string>> = {
  detach:
    '--detach needs the daemon, which does not exist yet: leave the command running, or start it with nohup',
};

function refuseMissing({ options }: Invocation): void {
  for (const [name, message] of Object.entries(MISSING)) {
    if (options.flag(name) || options.text(name) !== undefined)
      throw new CarrelError('invalid_params', message);
  }
}
