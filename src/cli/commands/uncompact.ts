import { change } from '../change.ts';
import type { Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';

export function run(invocation: Invocation): Promise<Exit> {
  return change(
    invocation,
    { type: 'context/uncompact', by: { kind: 'user' } },
    'is sent what it was before its newest compaction; carrel context shows it',
  );
}
