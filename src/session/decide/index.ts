import type { CommandType } from '../../protocol/index.ts';
import { unreachable } from '../../base/index.ts';
import { FORBIDDEN, statusOf } from '../status.ts';
import type { SessionState } from '../state.ts';
import { advance } from './advance.ts';
import { decideEstimated, decideRaise } from './budget.ts';
import { decideChild, decideFinished, decideJudged, decideResolve } from './call.ts';
import {
  decideCompact,
  decideFull,
  decideSummarized,
  decideSummaryEstimated,
  decideSummaryFailed,
  decideUncompact,
} from './compaction.ts';
import type { AnyCommand, Decided, Facts, Refusal } from './command.ts';
import { Draft, refuse } from './draft.ts';
import {
  decideCancel,
  decideContext,
  decideContinue,
  decideCreate,
  decideFail,
  decideRecover,
  decideSend,
  decideTag,
  decideTimer,
  decideWithdraw,
} from './lifecycle.ts';
import { decideAnswered, decideFailed } from './step.ts';

/**
 * What a command leads to: events to append (possibly none) with the state after them, or a refusal. Pure and total: the same
 * state, command and facts give the same answer, whatever else happens.
 */
export function decide(state: SessionState, command: AnyCommand, facts: Facts): Decided | Refusal {
  if (state.seq === 0 && command.type !== 'session/create')
    return refuse('not_found', `There is no session ${state.session}.`);
  const forbidden = FORBIDDEN[command.type as CommandType]?.[statusOf(state)];
  if (forbidden !== undefined) {
    return refuse('conflict', `${command.type} is refused for session ${state.name}: ${forbidden}.`, {
      status: statusOf(state),
    });
  }
  const draft = new Draft(state, facts, 'id' in command ? command.id : undefined);
  const refusal = dispatch(draft, command);
  if (refusal !== undefined) return refusal;
  const turn = draft.state.turn?.id ?? draft.events.find((event) => event.turn !== undefined)?.turn;
  const call = command.type === 'approval/resolve' ? draft.events[0]?.call : undefined;
  const reply = {
    session: state.session,
    seq: draft.state.seq,
    ...(turn === undefined ? {} : { turn }),
    ...(call === undefined ? {} : { call }),
  };
  return { events: draft.events, state: draft.state, reply };
}

function dispatch(draft: Draft, command: AnyCommand): Refusal | undefined {
  switch (command.type) {
    case 'session/create':
      return decideCreate(draft, command);
    case 'input/send':
      return decideSend(draft, command);
    case 'input/withdraw':
      return decideWithdraw(draft, command);
    case 'context/add':
      return decideContext(draft, command);
    case 'context/compact':
      return decideCompact(draft, command);
    case 'context/uncompact':
      return decideUncompact(draft, command);
    case 'context/full':
      return decideFull(draft, command);
    case 'compaction/estimated':
      return decideSummaryEstimated(draft, command);
    case 'compaction/answered':
      return decideSummarized(draft, command);
    case 'compaction/failed':
      return decideSummaryFailed(draft, command);
    case 'session/tag':
      return decideTag(draft, command);
    case 'turn/cancel':
      return decideCancel(draft, command);
    case 'turn/continue':
      return decideContinue(draft, command);
    case 'approval/resolve':
      return decideResolve(draft, command);
    case 'budget/raise':
      return decideRaise(draft, command);
    case 'step/estimated':
      return decideEstimated(draft, command);
    case 'step/answered':
      return decideAnswered(draft, command);
    case 'step/failed':
      return decideFailed(draft, command);
    case 'call/judged':
      return decideJudged(draft, command);
    case 'call/finished':
      return decideFinished(draft, command);
    case 'child/changed':
    case 'child/finished':
      return decideChild(draft, command);
    case 'timer/fired':
      return decideTimer(draft, command);
    case 'session/recover':
      return decideRecover(draft, command);
    case 'session/fail':
      return decideFail(draft, command);
    default:
      return record(draft, command);
  }
}

type Handled =
  | 'session/create'
  | 'input/send'
  | 'input/withdraw'
  | 'context/add'
  | 'context/compact'
  | 'context/uncompact'
  | 'context/full'
  | 'compaction/estimated'
  | 'compaction/answered'
  | 'compaction/failed'
  | 'session/tag'
  | 'turn/cancel'
  | 'turn/continue'
  | 'approval/resolve'
  | 'budget/raise'
  | 'step/estimated'
  | 'step/answered'
  | 'step/failed'
  | 'call/judged'
  | 'call/finished'
  | 'child/changed'
  | 'child/finished'
  | 'timer/fired'
  | 'session/recover'
  | 'session/fail';
type Recorded = Exclude<AnyCommand, { type: Handled }>;

/** Commands that only write down what they say. */
function record(draft: Draft, command: Recorded): undefined {
  switch (command.type) {
    case 'context/cut':
      draft.add('context.cut', { before: command.before, tokens: command.tokens });
      return;
    case 'session/rename':
      draft.add('session.renamed', defined({ name: command.name, title: command.title }));
      return;
    case 'session/configure':
      draft.add('session.configured', { change: command.change });
      return;
    case 'session/archive':
      draft.add('session.archived', defined({ by: command.by }));
      return;
    case 'session/restore':
      draft.add('session.restored', defined({ by: command.by }));
      return;
    case 'session/revive':
      draft.add('session.revived', defined({ by: command.by }));
      advance(draft);
      return;
    case 'session/crash':
      draft.add('session.crashed', { error: command.error });
      return;
    default:
      unreachable(command);
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;
}
