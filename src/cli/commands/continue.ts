import { codeOf } from '../../protocol/index.ts';
import type { Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { takeOn } from '../work.ts';

/** A turn that a dead process left open goes on by being taken up; `turn/continue` is refused then, and that is fine. */
export function run(invocation: Invocation): Promise<Exit> {
  return takeOn(invocation, async ({ session, row }) => {
    try {
      return await session.continue();
    } catch (error) {
      if (row.status === 'running' && codeOf(error) === 'conflict') return undefined;
      throw error;
    }
  });
}
