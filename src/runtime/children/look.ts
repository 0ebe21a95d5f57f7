// The one place where a parent's journal and its child's are brought to agree. It looks at what is and does the next thing, whatever
// was done before and by which incarnation; so a recovery is a look like any other.
import { codeOf } from '../../protocol/index.ts';
import type { EffectCommand } from '../../session/index.ts';
import { keepOutput } from '../output.ts';
import { createChild, type ChildEffect } from './create.ts';
import { endingOf, hasEnded, neverWas, type Ending } from './ending.ts';
import type { ChildWork } from './others.ts';

/** Nothing can be said yet, and no event will say it: look again after a pause. */
export const AGAIN = 'again';

/**
 * What is to be recorded of the child now, if anything: that its turn has ended, or that it waits for a human or does not any more.
 * Rejects when the store or the room for another session is missing: then, too, it is to be looked at again later.
 */
export async function look(
  work: ChildWork,
  effect: ChildEffect,
): Promise<EffectCommand | typeof AGAIN | undefined> {
  const { scope, view, others } = work;
  const { call, child, stop } = effect;
  const row = await scope.store.summary(scope.owner, child);
  if (row === undefined) {
    if (stop) return finished(work, call, neverWas('cancelled', NEVER_BEGAN));
    const error = await createChild(work, effect);
    // It may have ended as it began, of which nobody brings word.
    return error === undefined ? look(work, effect) : finished(work, call, neverWas('failed', error));
  }
  if (hasEnded(row)) return finished(work, call, await endingOf(scope, row));
  if (stop) {
    if (!(await cancel(work, effect))) return AGAIN;
  } else if (row.status === 'running') void others.wake(child);
  const known = view.state.turn?.step?.calls.find(({ id }) => id === call);
  const waiting = row.status === 'waiting';
  if (!waiting && known?.childWaits !== true) return undefined;
  return { type: 'child/changed', call, waiting, questions: row.questions ?? known?.childQuestions ?? 0 };
}

const NEVER_BEGAN = {
  code: 'cancelled',
  message: 'There is no such child: it was stopped before it began, or erased.',
} as const;

/**
 * By a command of its own name, so that it may be said again. Gives whether it was taken: a turn that has ended refuses it, and the
 * next look finds its end; an actor that died with it in its mailbox is restarted, and has to hear it then.
 */
async function cancel({ scope, view, others }: ChildWork, { child }: ChildEffect): Promise<boolean> {
  const { id, state } = view;
  const reason = `the turn of its parent was stopped${state.turn?.cancelReason === undefined ? '' : `: ${state.turn.cancelReason}`}`;
  try {
    await others.submit(child, {
      type: 'turn/cancel',
      id: `cmd_${child.slice('ses_'.length)}_x`,
      by: { kind: 'session', id },
      turn: FIRST_TURN,
      reason: reason.slice(0, REASON_LENGTH),
    });
    return true;
  } catch (error) {
    if (codeOf(error) !== 'conflict') scope.fault('a child could not be cancelled', error, child);
    return false;
  }
}

/** It begins in the append that creates the child, behind `session.created` and `input.accepted`. */
const FIRST_TURN = 'trn_3';
/** Characters that a reason may have. */
const REASON_LENGTH = 2_000;

async function finished(
  { scope, view }: ChildWork,
  call: string,
  { outcome, usage, spent, status, text, error }: Ending,
): Promise<EffectCommand> {
  const { toolOutputBytes: keep, toolContextBytes: show } = view.state.profile.limits;
  const output = await keepOutput(scope, text, { keep, show });
  const failure = error === undefined ? {} : { error: { ...error, retryable: false } };
  const used = spent === undefined ? {} : { spent };
  return { type: 'child/finished', call, outcome, usage, ...used, status, output, ...failure };
}
