import { unreachable } from '../../base/index.ts';
import type { Effect } from '../../session/index.ts';

/** Whether the effect is work, for which its turn holds a slot of the host. Waiting is none: for a human, a child or a time. */
export function needsSlot(effect: Effect, now: number): boolean {
  switch (effect.kind) {
    case 'timer':
    case 'child':
      return false;
    case 'ask':
      return effect.notBefore === undefined || effect.notBefore <= now;
    case 'judge':
    case 'run':
      return true;
    default:
      return unreachable(effect);
  }
}
