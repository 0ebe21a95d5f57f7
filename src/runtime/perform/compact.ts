// Sum up the older part of the context: one request, whose answer is taken as a whole or not at all. Never throws.
import { toErrorInfo, type CompactionFailure, type ErrorInfo } from '../../protocol/index.ts';
import type { Model, ModelRequest } from '../../model/index.ts';
import {
  contextTokens as tokensInContext,
  estimateTokens,
  nonsense,
  planCompaction,
  SUMMARY_SYSTEM,
  summaryRequest,
  takeSummary,
  type Effect,
  type EffectCommand,
  type Plan,
} from '../../session/index.ts';
import { postponement, type Postponement } from '../admission/index.ts';
import { Answer } from './answer.ts';
import { converse, costOfAnswer, UNFINISHED } from './converse.ts';
import { measure } from './request.ts';
import { estimated } from './reserve.ts';
import { windowOf } from './room.ts';
import type { Work } from './view.ts';

type Compact = Extract<Effect, { kind: 'compact' }>;
type Failed = Extract<EffectCommand, { type: 'compaction/failed' }>;

interface Asking {
  readonly signal: AbortSignal;
  /** How long the provider took none of it before. */
  readonly waitedMs: number;
}

/** Fewer tokens say nothing, and some providers take no less. */
const MIN_SUMMARY = 16;

export async function compact(
  work: Work,
  effect: Compact,
  asking: Asking,
): Promise<EffectCommand | Postponement> {
  const { scope, view } = work;
  const answer = new Answer({ step: effect.compaction, attempt: 1 }, () => undefined);
  try {
    const { folder, turn, profile } = view.state;
    const { models } = await scope.equip(folder);
    const keyless = scope.keyring.isKeyless(profile);
    const model = await models.resolve(turn?.frame.model ?? profile.model, { keyless });
    const { conversation, room = tokensInContext(conversation) } = await measure(work, model);
    const plan = planCompaction(conversation, room);
    if ('reason' in plan) return failed(effect, plan);
    const by = await models.resolve(effect.model, { keyless });
    const request = requestFor(work, by, { plan, correction: conversation.correction });
    await ask(work, { effect, model: by, request, answer, ...asking });
    return outcome(effect, { plan, model: by, answer });
  } catch (error) {
    const later = postponement(error);
    return later ?? failed(effect, { reason: 'model', error: toErrorInfo(error) }, answer);
  }
}

interface Sizes {
  readonly plan: Plan;
  readonly correction: number;
}

function requestFor({ view }: Work, model: Model, { plan, correction }: Sizes): ModelRequest {
  const { limits } = view.state.profile;
  const most = Math.max(MIN_SUMMARY, Math.ceil(plan.tokens.summary * correction));
  const maxOutputTokens = Math.min(most, model.capabilities.outputTokens ?? most);
  // The bound of this session's requests is that of its own model.
  const own = (view.state.turn?.frame.model ?? view.state.profile.model) === model.id;
  const contextTokens = own ? limits.contextTokens : 0;
  const known = windowOf(model.capabilities, { limits: { ...limits, contextTokens }, maxOutputTokens });
  const budget =
    known === undefined
      ? Infinity
      : (known.window - known.reserve) / correction - estimateTokens(SUMMARY_SYSTEM);
  const messages = summaryRequest(plan, Math.max(1, budget));
  return { system: SUMMARY_SYSTEM, messages, tools: [], maxOutputTokens };
}

interface Asked extends Asking {
  readonly effect: Compact;
  readonly model: Model;
  readonly request: ModelRequest;
  readonly answer: Answer;
}

async function ask(work: Work, { effect, model, request, answer, signal, waitedMs }: Asked): Promise<void> {
  const requester = { session: work.view.id, waitedMs };
  using permit = await work.scope.admission.request(model.provider, requester, signal);
  const paid = effect.reserve ? await reservedFor(work, effect, { model, request }) : request;
  signal.throwIfAborted();
  const name = { step: effect.compaction, attempt: 1 };
  await converse(work, { name, model, request: paid, answer, signal, permit });
  if (answer.ending !== undefined) permit.ended(answer.ending);
}

/** When no summary is paid for, the effect is not wanted any more once this resolves. */
async function reservedFor(
  { view }: Work,
  { compaction }: Compact,
  { model, request }: Pick<Asked, 'model' | 'request'>,
): Promise<ModelRequest> {
  await view.submit({ type: 'compaction/estimated', compaction, ...estimated(model, request) });
  const { compaction: open } = view.state;
  const output = open?.reserved?.output;
  return output === undefined ? request : { ...request, maxOutputTokens: output };
}

interface Heard {
  readonly plan: Plan;
  readonly model: Model;
  readonly answer: Answer;
}

function outcome(effect: Compact, { plan, model, answer }: Heard): EffectCommand {
  const { compaction } = effect;
  const ending = answer.ending ?? { kind: 'failed', failure: UNFINISHED };
  if (ending.kind === 'failed') {
    const { retryable: _retryable, retryAfterMs: _retryAfterMs, ...error } = ending.failure;
    return failed(effect, { reason: 'model', error }, answer);
  }
  const cost = costOfAnswer(model, ending.usage);
  const spent = { usage: ending.usage, ...(cost === undefined ? {} : { cost }) };
  const taken = take(plan, answer, ending.reason);
  if ('reason' in taken) return { ...failed(effect, taken), ...spent };
  const { before, kept } = plan.tokens;
  const tokens = { before, after: kept + taken.tokens, summary: taken.tokens };
  return {
    type: 'compaction/answered',
    compaction,
    before: plan.before,
    summary: taken.summary,
    tokens,
    ...spent,
  };
}

function take(plan: Plan, { calls, parts }: Answer, reason: string): ReturnType<typeof takeSummary> {
  if (calls.length > 0) return nonsense('calls', 'it calls tools instead');
  if (reason === 'length') return nonsense('long', 'it was cut at its bound');
  if (reason !== 'stop') return nonsense('empty', `it was stopped by the provider (${reason})`);
  return takeSummary(
    parts
      .filter(({ kind }) => kind === 'text')
      .map(({ text }) => text)
      .join(''),
    plan,
  );
}

function failed(
  { compaction }: Compact,
  { reason, error }: { readonly reason: CompactionFailure; readonly error: ErrorInfo },
  answer?: Answer,
): Failed {
  const unreported = answer?.unreported === true ? { unreported: true as const } : {};
  return { type: 'compaction/failed', compaction, reason, error, ...unreported };
}
