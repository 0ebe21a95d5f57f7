// A call is judged, answered by a human, or ends.
import type { Command, ErrorInfo, Source } from '../../protocol/index.ts';
import { workable } from '../status.ts';
import type { CallState } from '../state.ts';
import { advance, endCall, place, startCall } from './advance.ts';
import type { EffectCommand, Judgement } from './command.ts';
import { refuse, type Decider, type Draft } from './draft.ts';

type Judged = Extract<EffectCommand, { type: 'call/judged' }>;
type Child = Extract<EffectCommand, { type: 'child/changed' | 'child/finished' }>;
type Finished = Extract<EffectCommand, { type: 'call/finished' }>;
type Resolve = Extract<Command, { type: 'approval/resolve' }>;

function find(draft: Draft, call: string): CallState | undefined {
  return draft.state.turn?.step?.calls.find((open) => open.id === call);
}

/** The call's turn has come, and nobody has judged it yet. */
export function mayBeJudged(draft: Draft, id: string): boolean {
  const step = draft.state.turn?.step;
  if (step?.phase !== 'calls') return false;
  const call = workable(step, draft.state.profile.limits.parallelTools).find((open) => open.id === id);
  return call?.status === 'requested' && call.invalid === undefined;
}

export function judge(draft: Draft, id: string, judgement: Judgement): void {
  const call = find(draft, id);
  if (call === undefined) return;
  const { kind, why, summary, grantPath } = judgement;
  if (kind === 'allow') startCall(draft, call);
  else if (kind === 'deny') endCall(draft, call, { status: 'denied', text: `Denied: ${why}.` });
  else {
    const expiresAt = draft.facts.at + draft.state.profile.limits.approvalMs;
    const path = grantPath === undefined ? {} : { path: grantPath };
    draft.add('approval.requested', { tool: call.tool, summary, why, expiresAt, ...path }, place(draft, id));
  }
}

export const decideJudged: Decider<Judged> = (draft, { call, judgement }) => {
  if (draft.state.turn?.cancelled === true || !mayBeJudged(draft, call))
    return refuse('conflict', `Call ${call} waits for no verdict.`);
  judge(draft, call, judgement);
  advance(draft);
  return undefined;
};

export const decideFinished: Decider<Finished> = (draft, { call, status, output, error, tookMs }) => {
  const open = find(draft, call);
  if (open?.status !== 'started' || open.child !== undefined)
    return refuse('conflict', `Call ${call} is not running.`);
  finish(draft, call, { status, output, error, tookMs });
  return undefined;
};

export const decideChild: Decider<Child> = (draft, command) => {
  const { call } = command;
  const { child, childWaits = false, childQuestions = 0, status: open } = find(draft, call) ?? {};
  if (open !== 'started' || child === undefined)
    return refuse('conflict', `Call ${call} waits for no child.`);
  if (command.type === 'child/changed') {
    const { waiting, questions } = command;
    const known = waiting === childWaits && (!waiting || questions === childQuestions);
    if (!known) draft.add('child.changed', { child, waiting, questions }, place(draft, call));
    return undefined;
  }
  const { outcome, usage, spent, status, output, error } = command;
  const used = spent === undefined ? {} : { spent };
  draft.add('child.finished', { child, outcome, usage, ...used }, place(draft, call));
  finish(draft, call, { status, output, error });
  return undefined;
};

type Result = Pick<Finished, 'status' | 'output'> & {
  readonly error: Finished['error'];
  readonly tookMs?: number | undefined;
};

function finish(draft: Draft, call: string, { status, output, error, tookMs }: Result): void {
  const optional = {
    ...(error === undefined ? {} : { error }),
    ...(tookMs === undefined ? {} : { tookMs }),
  };
  draft.add('tool.finished', { status, output, ...optional }, place(draft, call));
  advance(draft);
}

export const decideResolve: Decider<Resolve> = (draft, command) => {
  const open = (draft.state.turn?.step?.calls ?? []).filter((call) => call.status !== 'ended');
  const waiting = open.filter((call) => call.status === 'waiting');
  const ids = waiting.map(({ id }) => id);
  if (command.call === undefined && waiting.length > 1) {
    return refuse('conflict', `${String(waiting.length)} calls wait: name one of ${ids.join(', ')}.`, {
      calls: ids,
    });
  }
  const call = command.call === undefined ? waiting[0] : waiting.find(({ id }) => id === command.call);
  if (call === undefined) {
    const children = open.flatMap(({ child, childWaits }) => (childWaits === true ? [child] : []));
    const others = [...ids, ...children.map((child) => `a call of its child ${String(child)}`)].join(', ');
    const missed = command.call === undefined ? 'no call waits' : `call ${command.call} does not wait`;
    return refuse('conflict', `Here ${missed} for an answer${others === '' ? '' : `; ${others} does`}.`);
  }
  if (command.call === undefined && (call.askedSeq ?? 0) > (command.seq ?? Infinity)) {
    const news = `Call ${call.id} waits since event ${String(call.askedSeq)}, and you have seen ${String(command.seq)}`;
    return refuse('conflict', `${news}: look at it, then name it.`, { calls: [call.id] });
  }
  if ((call.expiresAt ?? Infinity) <= draft.facts.at) {
    return refuse('conflict', `The question about ${call.id} has expired: the call is denied.`);
  }
  resolve(draft, call, command);
  advance(draft);
  return undefined;
};

function resolve(
  draft: Draft,
  call: CallState,
  { decision, scope, reason, by }: Omit<Resolve, 'id' | 'type' | 'call' | 'seq'>,
): void {
  const path = call.grantPath;
  const grant = { tool: call.tool, scope, ...(path === undefined ? {} : { path }) };
  const saved = decision === 'allow' && scope !== 'once' ? { grant } : {};
  const why = reason === undefined ? {} : { reason };
  draft.add('approval.resolved', { decision, by, scope, ...why, ...saved }, place(draft, call.id));
  if (decision === 'deny') endCall(draft, call, { status: 'denied', text: denial(by, reason) });
}

function denial(by: Source, reason: string | undefined): string {
  const who = by.kind === 'user' ? 'the user' : (by.name ?? by.kind);
  return `Denied by ${who}${reason === undefined ? '' : `: ${reason}`}.`;
}

/** The approval's time is over: the call is denied, and says why. */
export function expire(draft: Draft, id: string): ErrorInfo | undefined {
  const call = find(draft, id);
  if (call?.status !== 'waiting' || (call.expiresAt ?? Infinity) > draft.facts.at) {
    return { code: 'conflict', message: `Call ${id} waits for no approval that has expired.` };
  }
  draft.add('approval.expired', {}, place(draft, id));
  endCall(draft, call, { status: 'denied', text: 'Nobody answered the question in time.' });
  advance(draft);
  return undefined;
}
