import type { Json, JsonObject } from '../base/index.ts';
import type { Usage } from '../protocol/index.ts';
import { orAborted } from './abort.ts';
import { cancelled, failed, type FailureDetails } from './failure.ts';
import type { Model, ModelCapabilities, ModelContext, ModelPart, ModelRequest } from './port.ts';

/** A gate: the answer goes on when the test resolves it. */
export interface Gate {
  readonly wait: PromiseLike<unknown>;
}

/** Text in one piece, or in several, with gates between them. */
export type ScriptText = string | readonly (string | Gate)[];

/** One thing a scripted answer does. */
export type ScriptStep =
  /** A whole part of text. */
  | { readonly text: ScriptText }
  /** A whole part of reasoning; `provider` is its opaque data. */
  | { readonly reasoning: ScriptText; readonly provider?: Json }
  /** A whole call; arguments given as text are passed on as they are, valid or not. */
  | { readonly call: string; readonly args: JsonObject | string; readonly provider?: Json }
  /** Arguments are arriving, but no call comes of it. */
  | { readonly progress: string }
  | { readonly adjusted: string; readonly from: Json; readonly to: Json }
  | { readonly usage: Partial<Usage> }
  /** Ends the answer; without it the reason is `calls` when there were any, else `stop`. */
  | { readonly finish: 'stop' | 'calls' | 'length' | 'filter' }
  /** Ends the answer. */
  | { readonly fail: FailureDetails & { readonly message: string } }
  /** Nothing more until the signal aborts. */
  | { readonly silence: true }
  | Gate;

export type ScriptAnswer = readonly ScriptStep[];

export interface ScriptedModelOptions {
  /** Default `scripted/model`. */
  readonly id?: string;
  readonly capabilities?: Partial<ModelCapabilities>;
  /** One answer for each request in order, or a function of the request and its number from 0. */
  readonly answers: readonly ScriptAnswer[] | ((request: ModelRequest, n: number) => ScriptAnswer);
}

/** A model that a test writes the answers of. */
export interface ScriptedModel extends Model {
  /** Every request it got, oldest first. */
  readonly requests: readonly ModelRequest[];
}

const CAPABILITIES: ModelCapabilities = {
  tools: true,
  images: true,
  reasoning: true,
  temperature: 'free',
  price: { input: 0, output: 0 },
};

/** Keeps every promise of the port. A request beyond the last answer is `provider_failed`, not retryable. */
export function scriptedModel(options: ScriptedModelOptions): ScriptedModel {
  const { id = 'scripted/model', answers } = options;
  const requests: ModelRequest[] = [];
  return {
    id,
    provider: id.slice(0, id.indexOf('/')),
    capabilities: { ...CAPABILITIES, ...options.capabilities },
    requests,
    stream(request: ModelRequest, context: ModelContext): AsyncIterable<ModelPart> {
      const n = requests.push(request) - 1;
      const answer = typeof answers === 'function' ? answers(request, n) : answers[n];
      return play(id, context.signal, answer ?? [noAnswer(id, n)]);
    },
  };
}

const noAnswer = (id: string, n: number): ScriptStep => ({
  fail: { message: `${id} has no scripted answer for request ${n + 1}` },
});

async function* play(id: string, signal: AbortSignal, answer: ScriptAnswer): AsyncGenerator<ModelPart> {
  for (const item of flatten(id.slice(0, id.indexOf('/')), answer)) {
    if ('wait' in item) await orAborted(item.wait, signal);
    if (signal.aborted) break;
    if (!('wait' in item)) yield item;
  }
  if (signal.aborted) yield cancelled(id);
}

const NEVER: Gate = { wait: new Promise<never>(() => undefined) };

type Finished = Extract<ModelPart, { type: 'finished' }>;

/** The whole answer: parts, and gates between them. */
function* flatten(provider: string, answer: ScriptAnswer): Generator<ModelPart | Gate> {
  let index = 0;
  let usage: Usage = { input: 0, output: 0 };
  let reason: Finished['reason'] = 'stop';
  for (const step of answer) {
    if ('finish' in step) {
      reason = step.finish;
      break;
    }
    yield* partsOf(step, index, provider);
    if ('fail' in step) return;
    if ('usage' in step) usage = { ...usage, ...step.usage };
    if ('call' in step) reason = 'calls';
    if ('text' in step || 'reasoning' in step || 'call' in step) index++;
  }
  yield { type: 'finished', reason, usage };
}

function partsOf(step: ScriptStep, index: number, provider: string): readonly (ModelPart | Gate)[] {
  const opaque = (data: Json | undefined) =>
    data === undefined ? {} : { provider: { name: provider, data } };
  if ('wait' in step) return [step];
  if ('silence' in step) return [NEVER];
  if ('text' in step) return [...pieces('text', index, step.text), { type: 'ended', index }];
  if ('reasoning' in step) {
    return [
      ...pieces('reasoning', index, step.reasoning),
      { type: 'ended', index, ...opaque(step.provider) },
    ];
  }
  if ('progress' in step) return [{ type: 'call-progress', index, tool: step.progress }];
  if ('call' in step) {
    const args = typeof step.args === 'string' ? step.args : JSON.stringify(step.args);
    const call = { type: 'call', index, tool: step.call, args, ...opaque(step.provider) } as const;
    return [{ type: 'call-progress', index, tool: step.call }, call];
  }
  if ('adjusted' in step) {
    return [{ type: 'adjusted', parameter: step.adjusted, from: step.from, to: step.to, why: 'scripted' }];
  }
  return 'fail' in step ? [failed('provider_failed', step.fail.message, step.fail)] : [];
}

const pieces = (type: 'text' | 'reasoning', index: number, text: ScriptText): readonly (ModelPart | Gate)[] =>
  (typeof text === 'string' ? [text] : text).map((piece) =>
    typeof piece === 'string' ? { type, index, text: piece } : piece,
  );
