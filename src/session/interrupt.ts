// What the end of a host leaves of a turn, and whether the turn is continued.
import { MAX_RECOVERIES, type CallState, type TurnState } from './state.ts';

/** What a new incarnation finds: a request that nobody waits for any more, and intents without a result. */
export function interrupt(turn: TurnState): TurnState {
  const step = turn.step;
  if (step === undefined) return turn;
  const recoveries = turn.recoveries + 1;
  // Taken up again, the step counts once.
  if (step.phase === 'asking')
    return { ...turn, recoveries, steps: turn.steps - 1, step: { ...step, phase: 'interrupted' } };
  if (!step.calls.some(isAtWork)) return turn;
  return { ...turn, recoveries, step: { ...step, calls: step.calls.map(interruptCall) } };
}

/** An idempotent call may run again, with the same id; of any other nobody knows whether it ran. */
function interruptCall(call: CallState): CallState {
  if (!isAtWork(call)) return call;
  return call.idempotent ? { ...call, status: 'allowed' } : call;
}

/** A child's call is not: the child goes on in its own journal. */
function isAtWork({ status, child }: CallState): boolean {
  return status === 'started' && child === undefined;
}

/** Whether an interrupted turn is continued, by its profile and by how often it was. */
export function takeUp(before: TurnState, turn: TurnState, policy: 'continue' | 'pause'): TurnState {
  if (turn.recoveries === before.recoveries) return turn;
  if (turn.recoveries > MAX_RECOVERIES) return { ...turn, ending: 'give-up' };
  return policy === 'pause' ? { ...turn, ending: 'pause' } : turn;
}
