// A model request ended, well or badly.
import { NO_USAGE } from '../../protocol/index.ts';
import { advance, failTurn, finishTurn, MAX_LENGTHS, startStep } from './advance.ts';
import { haltWhereCut } from './budget.ts';
import { judge, mayBeJudged } from './call.ts';
import type { EffectCommand, RequestedCall } from './command.ts';
import { refuse, type Decider, type Draft } from './draft.ts';

type Answered = Extract<EffectCommand, { type: 'step/answered' }>;
type Failed = Extract<EffectCommand, { type: 'step/failed' }>;

/** Attempts at one step, the first counted. */
const MAX_ATTEMPTS = 3;
/** Answers with nothing in them that one turn asks again for. */
const MAX_EMPTY_RETRIES = 1;

export const decideAnswered: Decider<Answered> = (draft, command) => {
  const stale = staleStep(draft, command);
  if (stale !== undefined) return stale;
  const { step } = command;
  for (const adjusted of command.adjusted ?? []) draft.add('step.adjusted', adjusted, { step });
  addParts(draft, command);
  const empty =
    command.calls.length === 0 &&
    !command.parts.some((part) => part.kind === 'text' && part.text.trim() !== '');
  const ids = addCalls(draft, step, command.calls);
  const reason = empty && command.reason === 'stop' ? 'empty' : command.reason;
  const { usage, firstMs, cost, estimate } = command;
  const optional = {
    ...(cost === undefined ? {} : { cost }),
    ...(estimate === undefined ? {} : { estimate }),
    ...(firstMs === undefined ? {} : { firstMs }),
  };
  draft.add('step.finished', { reason, usage, ...optional }, { step });
  if (draft.state.turn?.cancelled === true) advance(draft);
  else if (command.calls.length > 0) {
    applyJudgements(draft, ids, command.calls);
    advance(draft);
  } else endAnswer(draft, reason, empty);
  return undefined;
};

function staleStep(
  draft: Draft,
  { step, attempt }: { step: string; attempt: number },
): ReturnType<typeof refuse> | undefined {
  const open = draft.state.turn?.step;
  if (open?.id === step && open.phase === 'asking' && open.attempt === attempt) return undefined;
  return refuse('conflict', `Step ${step}, attempt ${String(attempt)}, is not open any more.`);
}

function addParts(draft: Draft, { type, step, parts }: Answered | Failed): void {
  const interrupted = type === 'step/failed';
  for (const { kind, part, text, provider } of parts) {
    if (text === '' && provider === undefined) continue;
    const data = {
      part,
      text,
      ...(interrupted ? { interrupted } : {}),
      ...(provider === undefined ? {} : { provider }),
    };
    draft.add(kind === 'text' ? 'text.ended' : 'reasoning.ended', data, { step });
  }
}

function addCalls(draft: Draft, step: string, calls: readonly RequestedCall[]): string[] {
  return calls.map(({ judgement: _judgement, ...call }) => {
    const id = `cal_${String(draft.nextSeq)}`;
    draft.add('tool.requested', call, { step, call: id });
    return id;
  });
}

/** The judgements that came with the answer count only for calls whose turn it is; the others are judged when theirs comes. */
function applyJudgements(draft: Draft, ids: readonly string[], calls: readonly RequestedCall[]): void {
  ids.forEach((id, index) => {
    const judgement = calls[index]?.judgement;
    if (judgement !== undefined && mayBeJudged(draft, id)) judge(draft, id, judgement);
  });
}

/** An answer without calls ends the turn, unless it was cut or had nothing in it. */
function endAnswer(draft: Draft, reason: string, empty: boolean): void {
  const turn = draft.state.turn;
  if (turn === undefined) return;
  const mayGoOn = turn.steps < draft.state.profile.limits.maxSteps;
  if (reason === 'empty' && turn.empties <= MAX_EMPTY_RETRIES && mayGoOn) startStep(draft);
  else if (reason === 'length' && haltWhereCut(draft)) return;
  else if (reason === 'empty')
    failTurn(draft, {
      code: 'provider_failed',
      message: `The model ${turn.frame.model} answered with nothing, ${String(turn.empties)} times.`,
    });
  else if (
    reason === 'length' &&
    !empty &&
    draft.state.profile.continueOnLength &&
    turn.lengths <= MAX_LENGTHS &&
    mayGoOn
  )
    startStep(draft);
  else if (reason === 'length') finishTurn(draft, 'length', 'the answer reached the output limit');
  else if (reason === 'filter')
    failTurn(draft, {
      code: 'provider_failed',
      message: `The provider's filter stopped the answer of ${turn.frame.model}.`,
    });
  else if (reason === 'calls')
    failTurn(draft, {
      code: 'provider_failed',
      message: `The model ${turn.frame.model} ended to call tools but named none.`,
    });
  else finishTurn(draft, 'completed', 'the model stopped');
}

export const decideFailed: Decider<Failed> = (draft, command) => {
  const stale = staleStep(draft, command);
  if (stale !== undefined) return stale;
  const { step, attempt, error, retryInMs, unreported } = command;
  const unknown = unreported === undefined ? {} : { unreported };
  const cancelled = draft.state.turn?.cancelled === true;
  addParts(draft, command);
  if (!cancelled && retryInMs !== undefined && attempt < MAX_ATTEMPTS) {
    const shown = command.parts.some((part) => part.text !== '');
    draft.add(
      'step.retried',
      { attempt: attempt + 1, until: draft.facts.at + retryInMs, error, shown, ...unknown },
      { step },
    );
    return undefined;
  }
  draft.add(
    'step.finished',
    { reason: cancelled ? 'cancelled' : 'failed', usage: NO_USAGE, ...unknown },
    { step },
  );
  if (cancelled) advance(draft);
  else failTurn(draft, error);
  return undefined;
};
