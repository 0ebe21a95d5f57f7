import type { SessionEvent } from '../../protocol/index.ts';
import { statusOf, type SessionState } from '../../session/index.ts';

const ENDS: ReadonlySet<string> = new Set(['turn.finished', 'session.failed']);

/** Whether these events of a child are news for its parent: its turn has ended, or a human is waited for, or not any more. */
export function concernsParent(
  before: SessionState,
  events: readonly SessionEvent[],
  after: SessionState,
): boolean {
  if (after.parent === undefined || before.turns > 1) return false;
  return question(before) !== question(after) || events.some(({ type }) => ENDS.has(type));
}

/** Which one a human has to answer before anything moves, by its number; 0 for none. */
function question(state: SessionState): number {
  return statusOf(state) === 'waiting' ? state.questions : 0;
}

/** Whether the parent of a session that was just loaded may have missed its end. */
export function endedUnseen({ parent, turns, turn, failed }: SessionState): boolean {
  return parent !== undefined && turns === 1 && (turn === undefined || failed !== undefined);
}
