import { unreachable } from '../../base/index.ts';
import type { Effect } from '../../session/index.ts';

/** No retry is that far ahead, ms: the clock was set back, and it is not known how far. */
const FAR_MS = 2 * 60_000;

/** Whether the effect is work, for which its turn holds a slot of the host. Waiting is none: for a human, a child or a time. */
export function needsSlot(effect: Effect, now: number): boolean {
  switch (effect.kind) {
    case 'timer':
    case 'child':
      return false;
    case 'ask':
      return effect.notBefore === undefined || effect.notBefore <= now || effect.notBefore - now > FAR_MS;
    case 'judge':
    case 'compact':
    case 'run':
      return true;
    default:
      return unreachable(effect);
  }
}
