// The status of a session, and which command is allowed in which status. Data, so that a test can walk every cell.
import type { CommandType, EventType, Status } from '../protocol/index.ts';
import type { CallState, SessionState, StepState, TurnState } from './state.ts';

export const STATUSES: readonly Status[] = ['idle', 'running', 'waiting', 'paused', 'failed', 'archived'];

export function statusOf(state: SessionState): Status {
  if (state.archived) return 'archived';
  if (state.failed !== undefined) return 'failed';
  if (state.turn !== undefined) return isWaiting(state.turn) ? 'waiting' : 'running';
  return state.lastOutcome === 'interrupted' || state.reached !== undefined ? 'paused' : 'idle';
}

/** Events behind which a session that was running may be so no more: whoever waits for that looks at no others. */
export const MAY_REST: ReadonlySet<string> = new Set<EventType>([
  'approval.requested',
  'child.changed',
  'session.archived',
  'session.failed',
  'session.recovered',
  'tool.finished',
  'turn.finished',
]);

/** Nothing moves until a human answers, here or in a child: calls wait and none is at work or about to be. */
function isWaiting({ step, cancelled }: TurnState): boolean {
  if (step?.phase !== 'calls' || cancelled) return false;
  const open = workable(step, Infinity);
  return open.length > 0 && open.every((call) => call.status === 'waiting' || call.childWaits === true);
}

/**
 * The calls whose turn has come: the first that has not ended, or of a parallel batch `limit` at a time. One that waits for a
 * human keeps no other waiting.
 */
export function workable(step: StepState, limit: number): readonly CallState[] {
  const open = step.calls.filter((call) => call.status !== 'ended');
  if (!isParallel(step)) return open.slice(0, 1);
  const began = (call: CallState): boolean => call.status === 'started';
  let free = limit - open.filter(began).length;
  return open.filter((call) => began(call) || call.status === 'waiting' || free-- > 0);
}

export function isParallel(step: StepState): boolean {
  return step.calls.every((call) => call.parallel);
}

/** Where each command is refused, and why. What is not named here is allowed. */
export const FORBIDDEN: { readonly [C in CommandType]: Partial<Record<Status, string>> } = {
  'input/send': { failed: 'it failed: revive it first', archived: 'it is archived: restore it first' },
  'input/withdraw': { archived: 'it is archived: restore it first' },
  'turn/cancel': {
    idle: 'no turn is running',
    paused: 'no turn is running',
    failed: 'no turn is running',
    archived: 'no turn is running',
  },
  'turn/continue': {
    running: 'a turn is running',
    waiting: 'a turn waits for an approval: answer that',
    failed: 'it failed: revive it first',
    archived: 'it is archived: restore it first',
  },
  'approval/resolve': {
    idle: 'nothing waits for an approval',
    paused: 'nothing waits for an approval',
    failed: 'it failed: revive it first',
    archived: 'it is archived: restore it first',
  },
  'context/add': { failed: 'it failed: revive it first', archived: 'it is archived: restore it first' },
  'context/compact': {
    running: 'a turn is running, and compacts its context itself when that is full',
    waiting: 'a turn waits for an approval: answer that',
    failed: 'it failed: revive it first',
    archived: 'it is archived: restore it first',
  },
  'context/uncompact': {
    running: 'a turn is running: wait for its end, or cancel it',
    failed: 'it failed: revive it first',
    archived: 'it is archived: restore it first',
  },
  'budget/raise': { archived: 'it is archived: restore it first' },
  'session/rename': {},
  'session/tag': {},
  'session/configure': { archived: 'it is archived: restore it first' },
  'session/archive': {
    running: 'a turn is running: cancel it first',
    waiting: 'a turn waits for an approval: answer or cancel it first',
    archived: 'it is archived already',
  },
  'session/restore': {
    idle: 'it is not archived',
    running: 'it is not archived',
    waiting: 'it is not archived',
    paused: 'it is not archived',
    failed: 'it is not archived',
  },
  'session/revive': {
    idle: 'it has not failed',
    running: 'it has not failed',
    waiting: 'it has not failed',
    paused: 'it has not failed',
    archived: 'it is archived: restore it first',
  },
};

/** Every status that one append may lead to from each. A crash changes no status by itself and is legal everywhere. */
export const NEXT: { readonly [S in Status]: readonly Status[] } = {
  idle: ['idle', 'running', 'paused', 'failed', 'archived'],
  running: ['running', 'waiting', 'idle', 'paused', 'failed'],
  waiting: ['waiting', 'running', 'idle', 'paused', 'failed'],
  paused: ['paused', 'running', 'failed', 'archived'],
  failed: ['failed', 'idle', 'running', 'waiting', 'paused', 'archived'],
  archived: ['archived', 'idle', 'paused', 'failed'],
};
