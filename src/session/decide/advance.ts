// What follows by itself. Every decision ends here, so there is one place that starts turns, steps and calls, and ends them.
import type { BudgetLine, ErrorInfo, EventData, Outcome, Source } from '../../protocol/index.ts';
import { reachedError, usedUp } from '../limits.ts';
import { noShare, shareOf } from '../share.ts';
import { isParallel, workable } from '../status.ts';
import { childId } from '../child-id.ts';
import {
  MAX_RECOVERIES,
  type CallState,
  type QueuedInput,
  type StepState,
  type TurnState,
} from '../state.ts';
import { endCompaction } from './compaction.ts';
import type { Draft } from './draft.ts';

/** Times one answer is continued at the output limit. */
export const MAX_LENGTHS = 3;

export function advance(draft: Draft): void {
  if (draft.state.archived || draft.state.failed !== undefined) return;
  const turn = draft.state.turn;
  if (turn === undefined) startNext(draft);
  else if (turn.cancelled) endCancelled(draft, turn);
  else if (turn.ending !== undefined) endInterrupted(draft, turn);
  else if (turn.step === undefined) startStep(draft, nextInputs(draft.state.inputs));
  else if (turn.step.phase === 'interrupted') startStep(draft);
  else if (turn.step.phase === 'calls') work(draft, turn, turn.step);
}

/** An idle session takes its next input: one that queued alone, steering ones together. */
function startNext(draft: Draft): void {
  const first = draft.state.inputs.find((input) => !input.held);
  if (first === undefined) return;
  startTurn(draft, 'input', first.without);
}

export function startTurn(
  draft: Draft,
  trigger: 'input' | 'continue',
  without?: QueuedInput['without'],
): void {
  const reached = usedUp(draft.state);
  if (reached !== undefined) return reach(draft, reached);
  const turn = `trn_${String(draft.nextSeq)}`;
  const data = {
    frame: draft.facts.frame,
    trigger,
    ...(without === undefined ? {} : { without: [...without] }),
  };
  draft.add('turn.started', data, { turn });
  startStep(draft, nextInputs(draft.state.inputs));
}

function nextInputs(inputs: readonly QueuedInput[]): readonly QueuedInput[] {
  const [first, ...rest] = inputs;
  if (first === undefined) return [];
  if (first.delivery === 'queue') return [first];
  const end = rest.findIndex((input) => input.delivery === 'queue');
  return [first, ...(end === -1 ? rest : rest.slice(0, end))];
}

/** Delivers inputs in the same append as the step that contains them. Where a budget lets no step begin, the turn ends instead. */
export function startStep(draft: Draft, inputs: readonly QueuedInput[] = steering(draft)): void {
  const reached = usedUp(draft.state);
  if (reached !== undefined) return haltAtBudget(draft, reached);
  for (const input of inputs) draft.add('input.delivered', { command: input.command });
  const number = (draft.state.turn?.steps ?? 0) + 1;
  draft.add('step.started', { number }, { step: `stp_${String(draft.nextSeq)}` });
}

function steering(draft: Draft): readonly QueuedInput[] {
  return draft.state.inputs.filter((input) => input.delivery === 'steer' && !input.held);
}

/** Nothing more is started: every input waits until someone goes on. */
function reach(draft: Draft, line: BudgetLine): void {
  draft.add('budget.reached', line);
  hold(draft);
}

export function haltAtBudget(draft: Draft, line: BudgetLine): void {
  draft.add('budget.reached', line);
  endAtBudget(draft, line);
}

function endAtBudget(draft: Draft, line: BudgetLine): void {
  const error = reachedError(line);
  endTurn(draft, { outcome: 'halted', why: error.message, error });
}

export function cancel(draft: Draft, by: Source, reason: string | undefined): void {
  if (draft.state.turn?.cancelled !== false) return;
  draft.add('turn.cancel-requested', { by, ...(reason === undefined ? {} : { reason }) });
  endCompaction(draft, 'cancelled');
  hold(draft);
  advance(draft);
}

export function finishTurn(draft: Draft, outcome: Exclude<Outcome, 'failed'>, why: string): void {
  endTurn(draft, { outcome, why });
}

export function failTurn(draft: Draft, error: ErrorInfo): void {
  endTurn(draft, { outcome: 'failed', why: error.message, error });
}

function endTurn(draft: Draft, ending: Omit<EventData<'turn.finished'>, 'usage'>): void {
  const turn = draft.state.turn;
  if (turn === undefined) return;
  draft.add('turn.finished', { ...ending, usage: turn.usage, spent: turn.spent });
  const stops = ending.outcome === 'failed' || ending.outcome === 'interrupted';
  if (stops || draft.state.reached !== undefined) hold(draft);
  else startNext(draft);
}

/** Keeps every queued input where it is until someone sends or continues. */
export function hold(draft: Draft): void {
  const commands = draft.state.inputs.filter((input) => !input.held).map((input) => input.command);
  if (commands.length > 0) draft.add('input.held', { commands });
}

/** Once everything that ran has ended, the turn is over. What had not begun is cancelled here and now. */
function endCancelled(draft: Draft, turn: TurnState): void {
  const step = turn.step;
  if (step?.phase === 'asking') return;
  dropCalls(draft, 'The turn was cancelled before this call began.');
  if (isAtWork(draft)) return;
  if (draft.state.reached !== undefined) endAtBudget(draft, draft.state.reached);
  else finishTurn(draft, 'cancelled', turn.cancelReason ?? 'it was cancelled');
}

/** An interrupted turn that is not continued is over once its children have ended. */
function endInterrupted(draft: Draft, { ending, recoveries }: TurnState): void {
  const why =
    ending === 'pause'
      ? 'the host stopped in the middle of it, and the profile says to pause'
      : `it was interrupted ${String(recoveries)} times, at most ${String(MAX_RECOVERIES)} are continued`;
  dropCalls(draft, `Not run: ${why}.`);
  if (isAtWork(draft)) return;
  if (ending === 'pause') finishTurn(draft, 'interrupted', why);
  else failTurn(draft, { code: 'limit_reached', message: `The turn was given up: ${why}.` });
}

function isAtWork({ state }: Draft): boolean {
  return state.turn?.step?.calls.some((call) => call.status === 'started') === true;
}

/** Starts the calls whose turn has come, halts the batch, or goes on to the next step. */
function work(draft: Draft, turn: TurnState, step: StepState): void {
  const failed = isParallel(step) ? undefined : step.calls.find((call) => halts(draft, call));
  if (failed !== undefined) {
    dropCalls(draft, `Not run: the call of ${failed.tool} before it ended with ${String(failed.outcome)}.`);
    afterCalls(draft, turn);
    return;
  }
  for (const call of workable(step, draft.state.profile.limits.parallelTools)) {
    if (call.invalid !== undefined) {
      endInvalid(draft, call, call.invalid);
      advance(draft);
      return;
    }
    if (call.status === 'allowed' && !startCall(draft, call)) {
      advance(draft);
      return;
    }
  }
  if (step.calls.every((call) => call.status === 'ended')) afterCalls(draft, turn);
}

function halts(draft: Draft, call: CallState): boolean {
  if (call.status !== 'ended') return false;
  if (call.outcome === 'denied') return draft.state.profile.haltOnDenied;
  return call.outcome !== 'ok';
}

/** `false` when the call has ended instead: no budget is left for its child. */
export function startCall(draft: Draft, call: CallState): boolean {
  if (call.spawns === true && !startChild(draft, call)) return false;
  draft.add('tool.started', { incarnation: draft.facts.incarnation }, place(draft, call.id));
  return true;
}

function startChild(draft: Draft, call: CallState): boolean {
  const { state } = draft;
  const share = shareOf(state, call);
  if ('missing' in share) {
    endCall(draft, call, { status: 'denied', text: noShare(share) });
    return false;
  }
  const limits = share.limits === undefined ? {} : { share: share.limits };
  const child = childId(state.session, call.seq);
  draft.add('child.started', { child, depth: state.depth + 1, ...limits }, place(draft, call.id));
  return true;
}

function endInvalid(draft: Draft, call: CallState, error: ErrorInfo): void {
  const output = { text: error.message, bytes: error.message.length };
  draft.add(
    'tool.finished',
    { status: 'error', output, error: { ...error, retryable: false } },
    place(draft, call.id),
  );
}

/** Ends every call that is not at work: `cancelled` when it never began, and `unknown` when an older incarnation had started it. */
export function dropCalls(draft: Draft, text: string): void {
  for (const call of draft.state.turn?.step?.calls ?? []) {
    if (call.status === 'started' || call.status === 'ended') continue;
    if (call.incarnation === undefined) endCall(draft, call, { status: 'cancelled', text });
    else endCall(draft, call, LOST);
  }
}

/** Ends every call that was at work when its incarnation ended; a child goes on. */
export function endLostCalls(draft: Draft): void {
  for (const call of draft.state.turn?.step?.calls ?? [])
    if (call.status === 'started' && call.child === undefined) endCall(draft, call, LOST);
}

const LOST = {
  status: 'unknown',
  text: 'The host stopped while this call ran: nobody knows whether it took effect.',
} as const;

export function endCall(
  draft: Draft,
  call: CallState,
  { status, text }: { readonly status: 'cancelled' | 'denied' | 'unknown'; readonly text: string },
): void {
  draft.add('tool.finished', { status, output: { text, bytes: text.length } }, place(draft, call.id));
}

export function place(draft: Draft, call: string): { step?: string; call: string } {
  const step = draft.state.turn?.step?.id;
  return { call, ...(step === undefined ? {} : { step }) };
}

function afterCalls(draft: Draft, turn: TurnState): void {
  const { maxSteps } = draft.state.profile.limits;
  if (turn.steps >= maxSteps) {
    const why = `it reached ${String(maxSteps)} steps (limits.maxSteps)`;
    finishTurn(draft, 'halted', why);
  } else startStep(draft);
}
