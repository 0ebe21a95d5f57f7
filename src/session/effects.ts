// What the state wants done outside. The runtime starts a key once; when `stop` is set it ends what runs under that key, and
// answers all the same; a key that is gone is not wanted any more.
import type { BudgetLimits } from '../protocol/index.ts';
import { isReserving, workLeftMs } from './limits.ts';
import { statusOf, workable } from './status.ts';
import type { SessionState, StepState, TurnState } from './state.ts';

export type Effect =
  /** Ask the model. Not before `notBefore`, when that is set. */
  | {
      readonly kind: 'ask';
      readonly key: string;
      readonly step: string;
      readonly attempt: number;
      readonly notBefore?: number;
      readonly stop: boolean;
      /** Its cost must be reserved before the request is made. */
      readonly reserve: boolean;
    }
  /** Find out whether the call may run. */
  | { readonly kind: 'judge'; readonly key: string; readonly call: string; readonly seq: number }
  /** Run the tool: its intent is in the journal. */
  | {
      readonly kind: 'run';
      readonly key: string;
      readonly call: string;
      readonly seq: number;
      readonly stop: boolean;
    }
  /** See to a child until the turn it was spawned for has ended: create it, wait, stop it; also after a recovery. */
  | {
      readonly kind: 'child';
      readonly key: string;
      readonly call: string;
      readonly child: string;
      /** What its budget may be at most. */
      readonly share?: BudgetLimits;
      readonly seq: number;
      readonly stop: boolean;
    }
  /** Sum up the older part of the context. */
  | {
      readonly kind: 'compact';
      readonly key: string;
      readonly compaction: string;
      readonly model: string;
      /** Its cost must be reserved before the request is made. */
      readonly reserve: boolean;
    }
  | { readonly kind: 'timer'; readonly key: string; readonly at: number };

export function effects(state: SessionState): readonly Effect[] {
  const over = lifetimeEnd(state);
  const turn = state.turn;
  if (turn === undefined || state.archived || state.failed !== undefined) {
    const end: Effect[] =
      over === undefined ? [] : [{ kind: 'timer', key: `lifetime:${state.session}`, at: over }];
    return [...end, ...compacting(state), ...childrenToStop(state)];
  }
  const found: Effect[] = [];
  const { turnTimeoutMs } = state.profile.limits;
  if (turnTimeoutMs > 0 && !turn.cancelled)
    found.push({ kind: 'timer', key: `deadline:${turn.id}`, at: turn.startedAt + turnTimeoutMs });
  const workLeft = workLeftMs(state);
  if (workLeft !== undefined && !turn.cancelled && statusOf(state) === 'running')
    found.push(workTimer(state.updatedAt + workLeft));
  const step = turn.step;
  // What is asked next depends on what the compaction leaves.
  const compaction = compacting(state);
  found.push(...compaction);
  if (step?.phase === 'asking' && compaction.length === 0) found.push(ask(state, turn, step));
  if (step?.phase === 'calls') found.push(...callEffects(state, turn, step));
  return found;
}

function compacting(state: SessionState): readonly Effect[] {
  const { compaction, archived, failed } = state;
  if (compaction === undefined || archived || failed !== undefined) return [];
  const { id, model } = compaction;
  const key = `compaction:${id}`;
  return [{ kind: 'compact', key, compaction: id, model, reserve: isReserving(state) }];
}

/** What a session that failed has spawned does not go on without it. */
function childrenToStop(state: SessionState): readonly Effect[] {
  const step = state.turn?.step;
  if (state.turn === undefined || state.archived || step?.phase !== 'calls') return [];
  const found = callEffects(state, { ...state.turn, cancelled: true }, step);
  return found.filter(({ kind }) => kind === 'child');
}

/** Named by its time, which moves when a turn has waited or its limit is raised. */
function workTimer(at: number): Effect {
  return { kind: 'timer', key: `work:${String(at)}`, at };
}

function ask(state: SessionState, turn: TurnState, step: StepState): Effect {
  const { id, attempt, retryAt } = step;
  const key = `step:${id}:${String(attempt)}`;
  return {
    kind: 'ask',
    key,
    step: id,
    attempt,
    stop: turn.cancelled,
    reserve: isReserving(state),
    ...(retryAt === undefined ? {} : { notBefore: retryAt }),
  };
}

function callEffects(state: SessionState, turn: TurnState, step: StepState): Effect[] {
  return workable(step, state.profile.limits.parallelTools).flatMap((call): Effect[] => {
    const { id, seq, status, child, share, expiresAt } = call;
    if (status === 'requested' && call.invalid === undefined)
      return [{ kind: 'judge', key: `judge:${id}`, call: id, seq }];
    if (status === 'waiting' && expiresAt !== undefined)
      return [{ kind: 'timer', key: `approval:${id}`, at: expiresAt }];
    if (status === 'started' && child !== undefined) {
      const stop = turn.cancelled || turn.ending === 'give-up';
      const budget = share === undefined ? {} : { share };
      return [{ kind: 'child', key: `child:${id}`, call: id, child, seq, stop, ...budget }];
    }
    if (status === 'started' && call.incarnation === state.incarnation) {
      return [
        { kind: 'run', key: `call:${id}:${String(call.incarnation)}`, call: id, seq, stop: turn.cancelled },
      ];
    }
    return [];
  });
}

/** When a session is archived because its time is over; one that works or is archived has no such time. */
export function lifetimeEnd(state: SessionState): number | undefined {
  const { lifetimeMs = 0 } = state.profile.limits;
  const works = state.turn !== undefined && state.failed === undefined;
  if (lifetimeMs === 0 || works || state.archived) return undefined;
  return (state.restoredAt ?? state.createdAt) + lifetimeMs;
}

/** When something is due without anybody asking, if anything is. */
export function wakeAt(state: SessionState): number | undefined {
  const times = effects(state).flatMap((effect) =>
    effect.kind === 'timer'
      ? [effect.at]
      : effect.kind === 'ask' && effect.notBefore !== undefined
        ? [effect.notBefore]
        : [],
  );
  return times.length === 0 ? undefined : Math.min(...times);
}
