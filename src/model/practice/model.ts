import { sleep, type Clock } from '../../base/index.ts';
import { cancelled } from '../failure.ts';
import type { Model, ModelContext, ModelPart, ModelRequest } from '../port.ts';
import { nextStep, type Shown } from './place.ts';

export const PRACTICE_ID = 'offline/practice';

/** Between two words: about the pace of a hosted model. */
const PACE_MS = 15;

/** Rough, as the model has no tokens of its own: characters of English text to a token. */
const TOKEN_CHARS = 4;

export interface PracticeOptions {
  readonly clock: Clock;
  /** Milliseconds between words; default 15, 0 for none. */
  readonly paceMs?: number;
}

/**
 * A model without a model: it follows the grammar of `GRAMMAR`, says in every turn that it is no AI, and is the same every
 * time, so that everything can be tried, shown and tested without a key.
 */
export function practiceModel({ clock, paceMs = PACE_MS }: PracticeOptions): Model {
  return {
    id: PRACTICE_ID,
    provider: 'offline',
    capabilities: {
      contextTokens: 128_000,
      tools: true,
      images: false,
      reasoning: true,
      temperature: 'free',
      price: { input: 0, output: 0 },
    },
    stream: (request, context) => answer(request, context, (signal) => pause(clock, paceMs, signal)),
  };
}

type Pause = (signal: AbortSignal) => Promise<unknown>;

/** Resolves after the pace, or at once when the signal aborts: the caller looks at the signal. */
const pause = (clock: Clock, paceMs: number, signal: AbortSignal): Promise<unknown> =>
  paceMs === 0 || signal.aborted
    ? Promise.resolve()
    : sleep(clock, paceMs, signal).catch(() => signal.aborted);

async function* answer(
  request: ModelRequest,
  { signal }: ModelContext,
  wait: Pause,
): AsyncGenerator<ModelPart> {
  const step = nextStep(request.messages, new Set(request.tools.map(({ name }) => name)));
  let words = 0;
  for (const part of partsOf(step.shown)) {
    if (part.type !== 'ended' && words++ > 0) await wait(signal);
    if (signal.aborted) break;
    yield part;
  }
  for (const [at, { tool, args }] of step.calls.entries()) {
    if (signal.aborted) break;
    const index = step.shown.length + at;
    yield { type: 'call-progress', index, tool };
    yield { type: 'call', index, tool, args: JSON.stringify(args) };
  }
  if (signal.aborted) yield cancelled(PRACTICE_ID);
  else {
    const input = Math.ceil(JSON.stringify(request.messages).length / TOKEN_CHARS);
    const usage = { input, output: words + step.calls.length };
    yield { type: 'finished', reason: step.calls.length > 0 ? 'calls' : 'stop', usage };
  }
}

/** Word by word, each with the space after it. */
function* partsOf(shown: readonly Shown[]): Generator<ModelPart> {
  for (const [index, { kind, text }] of shown.entries()) {
    for (const [word] of text.matchAll(/\s*\S+\s?|\s+/g)) yield { type: kind, index, text: word };
    yield { type: 'ended', index };
  }
}
