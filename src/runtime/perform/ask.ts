// Ask the model: one request, its answer shown as it comes, its end reported as a command; nothing was asked when it is to come
// again. Never throws.
import { toErrorInfo } from '../../protocol/index.ts';
import { retryDelay, type Model, type ModelFailure } from '../../model/index.ts';
import type { Effect, EffectCommand } from '../../session/index.ts';
import { postponement, type Permit, type Postponement } from '../admission/index.ts';
import { fraction, type Scope } from '../scope.ts';
import { Answer } from './answer.ts';
import { converse, costOfAnswer, UNFINISHED } from './converse.ts';
import { fills } from './full.ts';
import { prepareCalls } from './prepare.ts';
import { buildRequest } from './request.ts';
import { reserved } from './reserve.ts';
import type { Work } from './view.ts';

type Ask = Extract<Effect, { kind: 'ask' }>;

/** What is asked for when the provider says that the context is too large for it. */
const OVERFLOW_FACTOR = 0.5;

/** The request would fill the context: it is made once that has been compacted. */
export const GAVE_WAY = Symbol('gave way');

interface Asking {
  readonly signal: AbortSignal;
  /** How long the provider took none of it before. */
  readonly waitedMs: number;
}

export async function ask(
  work: Work,
  effect: Ask,
  { signal, waitedMs }: Asking,
): Promise<EffectCommand | Postponement | typeof GAVE_WAY> {
  const { scope, view } = work;
  const { step, attempt } = effect;
  const answer = new Answer(effect, (at, text) => view.delta(at, text));
  try {
    const { folder, profile, turn } = view.state;
    const { models } = await scope.equip(folder);
    const keyless = scope.keyring.isKeyless(profile);
    const model = await models.resolve(turn?.frame.model ?? profile.model, { keyless });
    if (!effect.stop && (await fills(work, effect, model))) return GAVE_WAY;
    const { firstMs, estimate } = await stream(work, { effect, model, answer, signal, waitedMs });
    if (answer.ending?.kind === 'finished') {
      const calls = await prepareCalls(work, answer);
      const { reason, usage } = answer.ending;
      const cost = costOfAnswer(model, usage);
      const optional = {
        ...(cost === undefined ? {} : { cost }),
        ...(firstMs === undefined ? {} : { firstMs }),
        estimate,
        ...(answer.adjusted.length > 0 ? { adjusted: answer.adjusted } : {}),
      };
      return { type: 'step/answered', step, attempt, parts: answer.parts, calls, reason, usage, ...optional };
    }
    if (answer.ending === undefined) answer.add({ type: 'failed', failure: UNFINISHED });
  } catch (error) {
    const later = postponement(error);
    if (later !== undefined) return later;
    answer.add({ type: 'failed', failure: thrown(error) });
  }
  return failed(scope, effect, answer);
}

/** A provider that is left alone for now is asked again as one that asked for a pause, and so is one while the store cannot be read. */
function thrown(error: unknown): ModelFailure {
  const info = toErrorInfo(error);
  const retryAfterMs = info.data?.['retryAfterMs'];
  return info.code === 'provider_failed' && typeof retryAfterMs === 'number'
    ? { ...info, retryable: true, retryAfterMs }
    : { ...info, retryable: info.code === 'store_unavailable' };
}

function failed(scope: Scope, { step, attempt }: Ask, answer: Answer): EffectCommand {
  const failure = answer.ending?.kind === 'failed' ? answer.ending.failure : UNFINISHED;
  const { retryable, retryAfterMs, ...error } = failure;
  const retryInMs = retryable
    ? retryDelay({
        attempt,
        random: fraction(scope.random),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      })
    : undefined;
  const optional = {
    ...(retryInMs === undefined ? {} : { retryInMs }),
    ...(answer.unreported ? ({ unreported: true } as const) : {}),
  };
  return { type: 'step/failed', step, attempt, parts: answer.parts, error, ...optional };
}

interface Streaming extends Asking {
  readonly effect: Ask;
  readonly model: Model;
  readonly answer: Answer;
}

interface Streamed {
  /** To the first part. */
  readonly firstMs: number | undefined;
  /** Of the input, tokens. */
  readonly estimate: number;
}

/** Streams one request; once again with less context when the provider says that it is too large. */
async function stream(work: Work, streaming: Streaming): Promise<Streamed> {
  const { model, answer, signal, waitedMs } = streaming;
  const requester = { session: work.view.id, waitedMs };
  using permit = await work.scope.admission.request(model.provider, requester, signal);
  let streamed = await request(work, { ...streaming, permit }, 1);
  const failure = answer.ending?.kind === 'failed' ? answer.ending.failure : undefined;
  if (failure?.data?.['reason'] === 'context_overflow' && answer.parts.length === 0)
    streamed = await request(work, { ...streaming, permit }, OVERFLOW_FACTOR);
  if (answer.ending !== undefined) permit.ended(answer.ending);
  return streamed;
}

async function request(
  work: Work,
  { effect, model, answer, signal, permit }: Streaming & { readonly permit: Permit },
  factor: number,
): Promise<Streamed> {
  const { request: wanted, estimate } = await buildRequest(work, model, factor);
  signal.throwIfAborted();
  const built = effect.reserve ? await reserved(work, { effect, model, request: wanted }) : wanted;
  signal.throwIfAborted();
  const name = { step: effect.step, attempt: effect.attempt };
  const firstMs = await converse(work, { name, model, request: built, answer, signal, permit });
  return { firstMs, estimate };
}
