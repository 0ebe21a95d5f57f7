import { change } from '../change.ts';
import type { Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';

export function run(invocation: Invocation): Promise<Exit> {
  return change(invocation, { type: 'session/restore', by: { kind: 'user' } }, 'is restored');
}
