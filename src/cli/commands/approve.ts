import { Scope } from '../../protocol/index.ts';
import { answer } from '../answering.ts';
import type { Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { takeOn } from '../work.ts';

export async function run(invocation: Invocation): Promise<Exit> {
  const scope = invocation.options.choice('scope', Scope.options) ?? 'once';
  return takeOn(invocation, (reached) => answer(invocation, reached, { decision: 'allow', scope }));
}
