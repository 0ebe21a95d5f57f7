import { usedUp } from '../limits.ts';
import type { SessionState } from '../state.ts';

/** Compactions in a row that came to nothing, after which none begins by itself: a human's that helps, or another model, ends that. */
export const MAX_FUTILE = 2;

/**
 * Whether a full context may be compacted now. Once for each step, so that one that frees too little is not made again at once; never
 * in a turn without history, which is short and would be told what it is not to know.
 */
export function mayCompact(state: SessionState): boolean {
  const { profile, turn, compaction, futile } = state;
  const step = turn?.step;
  return (
    profile.compaction === true &&
    compaction === undefined &&
    futile < MAX_FUTILE &&
    step?.phase === 'asking' &&
    step.compacted !== true &&
    turn?.cancelled === false &&
    turn.without?.includes('history') !== true &&
    usedUp(state) === undefined
  );
}

/** Of what a request may have, how much it has when a compaction begins. */
const FULL = 0.9;

/** One that was undone is not made again before nothing else helps. */
export function fullAt({ undone }: SessionState): number {
  return undone === true ? 1 : FULL;
}
