import type { Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { takeOn } from '../work.ts';

export function run(invocation: Invocation): Promise<Exit> {
  return takeOn(invocation, ({ session }) =>
    session.deny(invocation.args[1], invocation.options.text('reason')),
  );
}
