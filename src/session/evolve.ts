// How one event changes the state. Total, pure and O(1) in the length of the journal: an event that this program does not
// know changes nothing but `seq`.
import {
  addUsage,
  isKnownEvent,
  NOTHING_SPENT,
  type EventOf,
  type EventType,
  type FinishReason,
  type SessionEvent,
} from '../protocol/index.ts';
import { oneLine } from '../base/index.ts';
import { interrupt, takeUp } from './interrupt.ts';
import { raised } from './limits.ts';
import { endOfShare } from './share.ts';
import {
  endOfCompaction,
  use,
  useLost,
  useOfChild,
  useReported,
  useTime,
  withoutReserve,
} from './spending.ts';
import {
  MAX_COMPACTED,
  MAX_GRANTS,
  type CallState,
  type SessionState,
  type StepState,
  type TurnState,
} from './state.ts';

/** Why a step may end without an answer. */
const UNANSWERED: readonly FinishReason[] = ['empty', 'cancelled', 'failed', 'unasked'];

type Evolver<T extends EventType> = (state: SessionState, event: EventOf<T>) => SessionState;

/** Characters of a title made from the first message. */
const TITLE_LENGTH = 80;

export function evolve(state: SessionState, event: SessionEvent): SessionState {
  const worked = event.type === 'session.recovered' ? state : useTime(state, event.at);
  const moved = { ...worked, seq: event.seq, updatedAt: Math.max(state.updatedAt, event.at) };
  if (!isKnownEvent(event)) return moved;
  return (evolvers[event.type] as Evolver<EventType>)(moved, event);
}

const evolvers: { readonly [T in EventType]: Evolver<T> } = {
  'session.created': (state, { at, data }) => ({
    ...state,
    owner: data.owner,
    name: data.name,
    folder: data.folder,
    driver: data.driver,
    profile: data.profile,
    ...(data.profile.runOnStart === true ? { runOnStartAt: at } : {}),
    tags: data.tags ?? {},
    createdAt: at,
    ...(data.share === undefined ? {} : { share: data.share }),
    depth: data.depth ?? 0,
    ...(data.parent === undefined ? {} : { parent: data.parent }),
    ...(data.parentCall === undefined ? {} : { parentCall: data.parentCall }),
    ...(data.root === undefined ? {} : { root: data.root }),
  }),
  'session.renamed': (state, { data }) => ({
    ...state,
    ...(data.name === undefined ? {} : { name: data.name }),
    ...(data.title === undefined ? {} : { title: data.title }),
  }),
  'session.tagged': (state, { data }) => ({
    ...state,
    tags: Object.fromEntries(
      Object.entries({ ...state.tags, ...data.tags }).filter(([, value]) => value !== ''),
    ),
  }),
  'session.configured': (state, { at, data }) => ({
    ...mark(state, at, data.change.runOnStart),
    // With another model or setting a compaction may help again.
    futile: 0,
    profile: { ...state.profile, ...(data.change as Partial<SessionState['profile']>) },
  }),
  'session.archived': (state) => ({ ...state, archived: true }),
  'session.restored': (state, { at }) => ({ ...state, archived: false, restoredAt: at }),
  'session.crashed': (state) => state,
  'session.recovered': (state, { data }) => ({
    ...onTurn(useLost(state), (turn) => takeUp(turn, interrupt(turn), data.policy)),
    incarnation: data.incarnation,
  }),
  'session.failed': (state, { data }) => ({
    ...onTurn(useLost(state), interrupt),
    failed: data.error,
  }),
  'session.revived': (state) => {
    const { failed: _failed, ...rest } = state;
    return rest;
  },
  'input.accepted': (state, { data }) => ({
    ...state,
    ...(state.title === undefined && data.text.trim() !== ''
      ? { title: oneLine(data.text, TITLE_LENGTH) }
      : {}),
    inputs: [
      ...state.inputs.map((input) => ({ ...input, held: false })),
      { command: data.command, delivery: data.delivery, held: false, without: data.without },
    ],
  }),
  'input.withdrawn': (state, { data }) => without(state, data.command),
  'input.held': (state, { data }) => ({
    ...state,
    inputs: state.inputs.map((input) =>
      data.commands.includes(input.command) ? { ...input, held: true } : input,
    ),
  }),
  'input.delivered': (state, { data }) => ({ ...without(state, data.command), messages: state.messages + 1 }),
  'turn.started': (state, { turn, at, data }) => ({
    ...omitReached(omitLast(state)),
    turns: state.turns + 1,
    inputs: state.inputs.map((input) => ({ ...input, held: false })),
    turn: {
      id: turn ?? '',
      startedAt: at,
      frame: data.frame,
      without: data.without,
      steps: 0,
      usage: { input: 0, output: 0 },
      spent: NOTHING_SPENT,
      cancelled: false,
      recoveries: 0,
      lengths: 0,
      empties: 0,
      step: undefined,
    },
  }),
  'turn.cancel-requested': (state, { data }) =>
    onTurn(state, (turn) => ({
      ...turn,
      cancelled: true,
      ...(data.reason === undefined ? {} : { cancelReason: data.reason }),
    })),
  'turn.finished': (state, { data }) => ({
    ...endOfShare(omitLast(state)),
    turn: undefined,
    lastOutcome: data.outcome,
    ...(data.error === undefined ? {} : { lastError: data.error }),
  }),
  'step.started': (state, { step }) =>
    onTurn(use(state, { steps: 1 }), (turn) => ({
      ...turn,
      steps: turn.steps + 1,
      step: { id: step ?? '', phase: 'asking', attempt: 1, calls: [] },
    })),
  'step.reserved': (state, { data: { tokens, cost = 0, output, limitedBy } }) =>
    onStep(state, (step) => ({
      ...step,
      reserved: { tokens, cost, steps: 0, output },
      ...(limitedBy === undefined ? {} : { limitedBy }),
    })),
  'step.retried': (state, { data }) =>
    onStep(data.unreported === true ? useLost(state) : state, (step) => ({
      ...withoutReserve(step),
      attempt: data.attempt,
      retryAt: data.until,
    })),
  'step.adjusted': (state) => state,
  'step.finished': (state, { data }) => {
    const answered = !UNANSWERED.includes(data.reason);
    const charged = useReported(state, data);
    const counted = {
      ...charged,
      messages: state.messages + (answered ? 1 : 0),
      usage: addUsage(state.usage, data.usage),
    };
    return onTurn(counted, (turn) => ({
      ...turn,
      usage: addUsage(turn.usage, data.usage),
      lengths: turn.lengths + (data.reason === 'length' ? 1 : 0),
      empties: turn.empties + (data.reason === 'empty' ? 1 : 0),
      step: turn.step && { ...withoutReserve(turn.step), phase: 'calls' },
    }));
  },
  'text.ended': (state) => state,
  'reasoning.ended': (state) => state,
  'tool.requested': (state, { call, seq, data }) =>
    onStep(state, (step) => ({
      ...step,
      calls: [
        ...step.calls,
        {
          id: call ?? '',
          tool: data.tool,
          seq,
          status: 'requested',
          idempotent: data.idempotent,
          parallel: data.parallel,
          ...(data.spawns === undefined ? {} : { spawns: data.spawns }),
          ...(data.wants === undefined ? {} : { wants: data.wants }),
          ...(data.invalid === undefined ? {} : { invalid: data.invalid }),
        },
      ],
    })),
  'tool.started': (state, { call, data }) =>
    onCall({ ...state, incarnation: data.incarnation }, call, (old) => ({
      ...old,
      status: 'started',
      incarnation: data.incarnation,
    })),
  'tool.finished': (state, { call, data }) =>
    onCall(state, call, (old) => ({ ...old, status: 'ended', outcome: data.status })),
  'child.started': (state, { call, data }) =>
    onCall(state, call, (old) => ({
      ...old,
      child: data.child,
      ...(data.share === undefined ? {} : { share: data.share }),
    })),
  'child.changed': (state, { call, data: { waiting, questions } }) =>
    onCall(waiting ? asked(state) : state, call, (old) => ({
      ...old,
      childWaits: waiting,
      childQuestions: questions,
    })),
  // A child that was interrupted and waits for someone: so does its parent.
  'child.finished': (state, { call, data }) => {
    const share = state.turn?.step?.calls.find(({ id }) => id === call)?.share;
    const used = onCall(useOfChild(state, data.spent, share), call, ({ share: _share, ...rest }) => rest);
    return data.outcome === 'interrupted' && state.profile.recovery === 'pause'
      ? onTurn(used, (turn) => ({ ...turn, ending: 'pause' }))
      : used;
  },
  'approval.requested': (state, { seq, call, data }) =>
    onCall(asked(state), call, (old) => ({
      ...old,
      status: 'waiting',
      askedSeq: seq,
      expiresAt: data.expiresAt,
      ...(data.path === undefined ? {} : { grantPath: data.path }),
    })),
  'approval.resolved': (state, { call, data }) => {
    const granted =
      data.grant !== undefined && data.scope !== 'once'
        ? [...state.grants, data.grant].slice(-MAX_GRANTS)
        : state.grants;
    return onCall({ ...state, grants: granted }, call, (old) =>
      data.decision === 'allow' ? { ...old, status: 'allowed' } : old,
    );
  },
  'approval.expired': (state) => state,
  'context.added': (state) => ({ ...state, messages: state.messages + 1 }),
  'context.cut': (state, { data }) => ({ ...state, cutBefore: data.before }),
  'compaction.started': (state, { data: { compaction: id, trigger, model } }) => {
    const started = { ...use(state, { steps: 1 }), compaction: { id, trigger, model } };
    return trigger === 'full' ? onStep(started, (step) => ({ ...step, compacted: true })) : started;
  },
  'compaction.reserved': (state, { data: { tokens, cost = 0, output } }) =>
    state.compaction === undefined
      ? state
      : { ...state, compaction: { ...state.compaction, reserved: { tokens, cost, steps: 0, output } } },
  'compaction.failed': (state, { data }) => {
    const automatic = state.compaction?.trigger === 'full';
    const meant = data.reason === 'cancelled' || data.reason === 'interrupted';
    const ended = endOfCompaction(state, data);
    return automatic && !meant ? { ...ended, futile: state.futile + 1 } : ended;
  },
  'context.compacted': (state, { data }) => {
    const { undone: _undone, ...ended } = endOfCompaction(state, data);
    const undo = { id: data.compaction, cutBefore: state.cutBefore };
    const compacted = [...state.compacted, undo].slice(-MAX_COMPACTED);
    return { ...ended, cutBefore: data.before, compacted, futile: 0 };
  },
  'context.uncompacted': (state, { data }) => {
    const index = state.compacted.findIndex(({ id }) => id === data.compaction);
    const { cutBefore } = state.compacted[index] ?? state;
    return { ...state, cutBefore, compacted: state.compacted.slice(0, Math.max(0, index)), undone: true };
  },
  'budget.reached': (state, { data }) => ({ ...state, reached: data }),
  'budget.raised': (state, { data }) => ({ ...state, profile: raised(state.profile, data) }),
};

/** A session that is marked already keeps its place. */
function mark(state: SessionState, at: number, runOnStart: boolean | undefined): SessionState {
  if (runOnStart === undefined) return state;
  const { runOnStartAt = at, ...rest } = state;
  return runOnStart ? { ...rest, runOnStartAt } : rest;
}

function asked(state: SessionState): SessionState {
  return { ...state, questions: state.questions + 1 };
}

function omitLast(state: SessionState): SessionState {
  const { lastOutcome: _outcome, lastError: _error, ...rest } = state;
  return rest;
}

function omitReached(state: SessionState): SessionState {
  const { reached: _reached, ...rest } = state;
  return rest;
}

function without(state: SessionState, command: string): SessionState {
  return { ...state, inputs: state.inputs.filter((input) => input.command !== command) };
}

function onTurn(state: SessionState, change: (turn: TurnState) => TurnState): SessionState {
  return state.turn === undefined ? state : { ...state, turn: change(state.turn) };
}

function onStep(state: SessionState, change: (step: StepState) => StepState): SessionState {
  return onTurn(state, (turn) => (turn.step === undefined ? turn : { ...turn, step: change(turn.step) }));
}

function onCall(
  state: SessionState,
  id: string | undefined,
  change: (call: CallState) => CallState,
): SessionState {
  return onStep(state, (step) => ({
    ...step,
    calls: step.calls.map((call) => (call.id === id ? change(call) : call)),
  }));
}
