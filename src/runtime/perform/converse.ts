// One request to a model from its beginning to its end. What was heard is in the answer, also of one that was stopped.
import { Linked } from '../../base/index.ts';
import { CarrelError, costOf, type Usage } from '../../protocol/index.ts';
import type { Credentials, Model, ModelFailure, ModelRequest } from '../../model/index.ts';
import type { Permit } from '../admission/index.ts';
import type { Asked } from '../observe.ts';
import type { Scope } from '../scope.ts';
import type { Answer, Ending } from './answer.ts';
import { SilenceWatch } from './silence.ts';
import { stopReason, type Work } from './view.ts';

/** How long an aborted stream may take to end before it is left to itself, ms. */
const ABANDON_MS = 2_000;
export const UNFINISHED: ModelFailure = {
  code: 'provider_failed',
  message: 'The model stream ended without saying why.',
  retryable: true,
};

interface Exchange {
  /** The step, or the compaction, that it is made for. */
  readonly name: { readonly step: string; readonly attempt: number };
  readonly model: Model;
  readonly request: ModelRequest;
  readonly answer: Answer;
  readonly signal: AbortSignal;
  readonly permit: Permit;
}

/** Gives the time to the first part, ms. Never throws but for an abort before the request is made. */
export async function converse(work: Work, exchange: Exchange): Promise<number | undefined> {
  const { model, request, answer, signal, permit } = exchange;
  const { scope, view } = work;
  const credentials = await scope.keyring.for(view.state, model);
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
    consume(scope, { model, request, signal: stop.signal, permit, credentials }, (piece) => {
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
  tell(work, exchange, { startedAt: startedOn, tookMs, firstMs });
  return firstMs;
}

/** Says how one request went. */
function tell(
  { scope, view }: Work,
  { name, model, answer }: Exchange,
  { startedAt, tookMs, firstMs }: Pick<Asked, 'startedAt' | 'tookMs'> & { firstMs: number | undefined },
): void {
  const { ending = { kind: 'failed', failure: UNFINISHED } } = answer;
  const turn = view.state.turn?.id;
  scope.observe({
    type: 'asked',
    session: view.id,
    ...name,
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
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
  readonly permit: Permit;
}

async function consume(
  scope: Scope,
  { model, request, signal, permit, credentials }: Call,
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
  for await (const piece of model.stream(request, context)) {
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

/** An answer that its server says took nothing took something, and nobody knows what. */
export function costOfAnswer({ capabilities: { price } }: Model, usage: Usage): number | undefined {
  if (price === undefined) return undefined;
  const isFree = price.input === 0 && price.output === 0;
  return isFree || usage.input + usage.output > 0 ? costOf(price, usage) : undefined;
}
