import { answer } from '../answering.ts';
import type { Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { takeOn } from '../work.ts';

export function run(invocation: Invocation): Promise<Exit> {
  const reason = invocation.options.text('reason');
  const said = { decision: 'deny', scope: 'once', ...(reason === undefined ? {} : { reason }) } as const;
  return takeOn(invocation, (reached) => answer(invocation, reached, said));
}
