// The older part of the context is summed up: started by a full context or by a human, ended by the summary or by why there is none.
import type { Command, CompactionFailure, ErrorInfo, EventData, Source } from '../../protocol/index.ts';
import { mayCompact } from '../compaction/may-compact.ts';
import { needsPrice, reachedError, reserve, unpriced, usedUp } from '../limits.ts';
import type { EffectCommand } from './command.ts';
import { refuse, type Decider, type Draft } from './draft.ts';

type Of<T extends Command['type']> = Extract<Command, { type: T }>;
type Result<T extends EffectCommand['type']> = Extract<EffectCommand, { type: T }>;

/** The step's request would fill the context: it waits until the compaction has ended. */
export const decideFull: Decider<Result<'context/full'>> = (draft, { step, attempt }) => {
  const open = draft.state.turn?.step;
  if (open?.id !== step || open.phase !== 'asking' || open.attempt !== attempt)
    return refuse('conflict', `Step ${step}, attempt ${String(attempt)}, is not open any more.`);
  if (!mayCompact(draft.state)) return refuse('conflict', `No compaction may begin in step ${step}.`);
  start(draft, 'full');
  return undefined;
};

export const decideCompact: Decider<Of<'context/compact'>> = (draft, { by }) => {
  const { compaction, name } = draft.state;
  if (compaction !== undefined)
    return refuse('conflict', `The context of ${name} is being compacted already (${compaction.id}).`);
  const reached = usedUp(draft.state);
  if (reached !== undefined) return { refusal: reachedError(reached) };
  start(draft, 'asked', by);
  return undefined;
};

function start(draft: Draft, trigger: 'full' | 'asked', by?: Source): void {
  const { turn, profile } = draft.state;
  const model = profile.summaryModel ?? turn?.frame.model ?? profile.model;
  const compaction = `cmp_${String(draft.nextSeq)}`;
  draft.add('compaction.started', { compaction, trigger, model, ...(by === undefined ? {} : { by }) });
}

/** One that is at work is stopped; else the newest that can be undone is. */
export const decideUncompact: Decider<Of<'context/uncompact'>> = (draft, { by }) => {
  if (endCompaction(draft, 'cancelled')) return undefined;
  const compaction = draft.state.compacted.at(-1)?.id;
  if (compaction === undefined)
    return refuse('conflict', `The context of ${draft.state.name} has no compaction that can be undone.`);
  draft.add('context.uncompacted', { compaction, ...(by === undefined ? {} : { by }) });
  return undefined;
};

/** Said again, as after an append that nobody knows the end of, it changes nothing. */
export const decideSummaryEstimated: Decider<Result<'compaction/estimated'>> = (
  draft,
  { compaction, ...estimate },
) => {
  const open = draft.state.compaction;
  if (open?.id !== compaction) return stale(compaction);
  if (open.reserved !== undefined) return undefined;
  if (estimate.price === undefined && needsPrice(draft.state.profile)) {
    draft.add('compaction.failed', { compaction, reason: 'budget', error: unpriced(open.model) });
    return undefined;
  }
  const reservation = reserve(draft.state, estimate);
  if ('reached' in reservation) {
    const error = reachedError(reservation.reached);
    draft.add('compaction.failed', { compaction, reason: 'budget', error });
    return undefined;
  }
  const { limitedBy: _limitedBy, ...reserved } = reservation.reserved;
  draft.add('compaction.reserved', { compaction, ...reserved });
  return undefined;
};

export const decideSummarized: Decider<Result<'compaction/answered'>> = (draft, { type: _type, ...data }) => {
  const { compaction, cutBefore } = draft.state;
  if (compaction?.id !== data.compaction) return stale(data.compaction);
  if (data.before >= cutBefore) draft.add('context.compacted', data);
  else {
    const { before: _before, summary: _summary, tokens: _tokens, ...spent } = data;
    const message = 'The context was cut behind what the summary replaces: it is left out.';
    draft.add('compaction.failed', { ...spent, reason: 'superseded', error: { code: 'conflict', message } });
  }
  return undefined;
};

export const decideSummaryFailed: Decider<Result<'compaction/failed'>> = (
  draft,
  { type: _type, ...data },
) => {
  if (draft.state.compaction?.id !== data.compaction) return stale(data.compaction);
  draft.add('compaction.failed', data);
  return undefined;
};

function stale(compaction: string): ReturnType<typeof refuse> {
  return refuse('conflict', `Compaction ${compaction} is not at work any more.`);
}

const WHY = {
  cancelled: 'it was cancelled',
  interrupted: 'the host stopped in the middle of it',
} as const satisfies Partial<Record<CompactionFailure, string>>;

/** Whether there was one at work. What its request used, if it was made, nobody will say. */
export function endCompaction(draft: Draft, reason: keyof typeof WHY): boolean {
  const { compaction: open } = draft.state;
  if (open === undefined) return false;
  const error: ErrorInfo = { code: 'cancelled', message: `The compaction was given up: ${WHY[reason]}.` };
  const data: EventData<'compaction.failed'> = { compaction: open.id, reason, error, unreported: true };
  draft.add('compaction.failed', data);
  return true;
}
