// Ask the model: one request, its answer shown as it comes, its end reported as a command; nothing was asked when it is to come
// again. Never throws.
import { Linked } from '../../base/index.ts';
import { CarrelError, costOf, toErrorInfo, type Usage } from '../../protocol/index.ts';
import {
  retryDelay,
  type Credentials,
  type Model,
  type ModelFailure,
  type ModelRequest,
} from '../../model/index.ts';
import type { Effect, EffectCommand } from '../../session/index.ts';
import { postponement, type Permit, type Postponement } from '../admission/index.ts';
import type { Asked } from '../observe.ts';
import { fraction, type Scope } from '../scope.ts';
import { Answer, type Ending } from './answer.ts';
import { prepareCalls } from './prepare.ts';
import { buildRequest } from './request.ts';
import { reserved } from './reserve.ts';
import { SilenceWatch } from './silence.ts';
import { stopReason, type Work } from './view.ts';

type Ask = Extract<Effect, { kind: 'ask' }>;

/** How long an aborted stream may take to end before it is left to itself, ms. */
const ABANDON_MS = 2_000;
/** What is asked for when the provider says that the context is too large for it. */
const OVERFLOW_FACTOR = 0.5;

interface Asking {
  readonly signal: AbortSignal;
  /** How long the provider took none of it before. */
  readonly waitedMs: number;
}

export async function ask(
  work: Work,
  effect: Ask,
  { signal, waitedMs }: Asking,
): Promise<EffectCommand | Postponement> {
  const { scope, view } = work;
  const { step, attempt } = effect;
  const answer = new Answer(effect, (at, text) => view.delta(at, text));
  try {
    const { turn, profile } = view.state;
    const keyless = scope.keyring.isKeyless(profile);
    const model = await scope.models.resolve(turn?.frame.model ?? profile.model, { keyless });
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

/** An answer that its server says took nothing took something, and nobody knows what. */
function costOfAnswer({ capabilities: { price } }: Model, usage: Usage): number | undefined {
  if (price === undefined) return undefined;
  const isFree = price.input === 0 && price.output === 0;
  return isFree || usage.input + usage.output > 0 ? costOf(price, usage) : undefined;
}

const UNFINISHED: ModelFailure = {
  code: 'provider_failed',
  message: 'The model stream ended without saying why.',
  retryable: true,
};

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
  const { scope, view } = work;
  const credentials = await scope.keyring.for(view.state, model);
  const { request: wanted, estimate } = await buildRequest(work, model, factor);
  signal.throwIfAborted();
  const built = effect.reserve ? await reserved(work, { effect, model, request: wanted }) : wanted;
  signal.throwIfAborted();
  answer.begun = true;
  const { modelSilenceMs } = view.state.profile.limits;
  using stop = new Linked(signal);
  const startedAt = scope.clock.monotonic();
  const startedOn = scope.clock.now();
  let firstMs: number | undefined;
  let answered = false;
  using watch = new SilenceWatch(scope.clock, modelSilenceMs, () =>
    stop.abort(silence(model, modelSilenceMs)),
  );
  await settled(
    scope,
    stop.signal,
    consume(scope, { model, built, signal: stop.signal, permit, credentials }, (piece) => {
      answer.add(piece);
      // Said before anything was asked.
      if (piece.type === 'adjusted') return;
      watch.progress();
      firstMs ??= Math.round(scope.clock.monotonic() - startedAt);
      if (answered || piece.type === 'failed') return;
      answered = true;
      permit.answered();
    }),
  );
  if (stop.signal.aborted && answer.ending?.kind !== 'finished') {
    const failure = signal.aborted ? cancelled(signal) : silence(model, modelSilenceMs);
    answer.add({ type: 'failed', failure });
  }
  const tookMs = scope.clock.monotonic() - startedAt;
  tell(work, { effect, model, answer }, { startedAt: startedOn, tookMs, firstMs });
  return { firstMs, estimate };
}

/** Says how one request went. */
function tell(
  { scope, view }: Work,
  { effect, model, answer }: Pick<Streaming, 'effect' | 'model' | 'answer'>,
  { startedAt, tookMs, firstMs }: Pick<Asked, 'startedAt' | 'tookMs'> & { firstMs: number | undefined },
): void {
  const { ending = { kind: 'failed', failure: UNFINISHED } } = answer;
  const { step, attempt } = effect;
  const turn = view.state.turn?.id;
  scope.observe({
    type: 'asked',
    session: view.id,
    step,
    attempt,
    provider: model.provider,
    model: model.id.slice(model.provider.length + 1),
    startedAt,
    tookMs,
    ...(turn === undefined ? {} : { turn }),
    ...(firstMs === undefined ? {} : { firstMs }),
    ...(ending.kind === 'failed' ? { error: ending.failure.code } : { answer: answerOf(model, ending) }),
  });
}

function answerOf(
  model: Model,
  { reason, usage }: Extract<Ending, { kind: 'finished' }>,
): NonNullable<Asked['answer']> {
  const cost = costOfAnswer(model, usage);
  return { reason, usage, ...(cost === undefined ? {} : { cost }) };
}

function silence(model: Model, limitMs: number): ModelFailure {
  return {
    code: 'timeout',
    message: `The model ${model.id} was silent for ${String(limitMs)} ms (limits.modelSilenceMs).`,
    retryable: true,
  };
}

function cancelled(signal: AbortSignal): ModelFailure {
  return {
    code: 'cancelled',
    message: `The request was stopped (${stopReason(signal) ?? 'aborted'}).`,
    retryable: false,
  };
}

interface Call {
  readonly credentials: Credentials | undefined;
  readonly model: Model;
  readonly built: ModelRequest;
  readonly signal: AbortSignal;
  readonly permit: Permit;
}

async function consume(
  scope: Scope,
  { model, built, signal, permit, credentials }: Call,
  onPart: (piece: Parameters<Answer['add']>[0]) => void,
): Promise<void> {
  const file = async ({ file: { blob } }: { file: { blob: string } }): Promise<Uint8Array> => {
    const bytes = await scope.store.getBlob(blob);
    if (bytes === undefined) throw new CarrelError('not_found', `There is no blob ${blob}.`);
    return bytes;
  };
  const own = credentials === undefined ? {} : { credentials };
  const context = { signal, file, onLimits: permit.limits, ...own };
  let last = false;
  for await (const piece of model.stream(built, context)) {
    if (last || signal.aborted) return;
    onPart(piece);
    last = piece.type === 'finished' || piece.type === 'failed';
  }
}

/** Waits for the stream; one that does not end after an abort is left alone after a while, so that it holds nobody up. */
async function settled(scope: Scope, signal: AbortSignal, work: Promise<void>): Promise<void> {
  const { promise: abandoned, resolve } = Promise.withResolvers<void>();
  let timer: Disposable | undefined;
  const onAbort = (): void => {
    timer = scope.clock.after(ABANDON_MS, resolve);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([work, abandoned]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    timer?.[Symbol.dispose]();
  }
}
