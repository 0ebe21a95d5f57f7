// Before a request is made its most is reserved, so that a limit is never passed by an answer that turns out long. The estimate
// goes to the core as a command, and the core says how long the answer may be, or ends the step unasked.
import type { Model, ModelRequest } from '../../model/index.ts';
import type { Effect, Estimate } from '../../session/index.ts';
import { requestTokens } from './request.ts';
import { ANSWER_TOKENS } from './room.ts';
import type { Work } from './view.ts';

type Ask = Extract<Effect, { kind: 'ask' }>;

/** Code, JSON and digits have down to 2.5 characters a token where the estimate counts 4. */
const DENSE = 1.6;

interface Reserving {
  readonly effect: Ask;
  readonly model: Model;
  readonly request: ModelRequest;
}

/** The request with the answer that is paid for. When none is, the effect is not wanted any more once this resolves. */
export async function reserved(
  { view }: Work,
  { effect: { step, attempt }, model, request }: Reserving,
): Promise<ModelRequest> {
  const estimate = estimated(model, request);
  await view.submit({ type: 'step/estimated', step, attempt, ...estimate });
  return { ...request, maxOutputTokens: view.state.turn?.step?.reserved?.output ?? estimate.output };
}

/** What a request may use at most. */
export function estimated(model: Model, request: ModelRequest): Estimate {
  const { outputTokens, price } = model.capabilities;
  const output = Math.min(request.maxOutputTokens ?? Infinity, outputTokens ?? ANSWER_TOKENS);
  return { input: inputTokens(model, request), output, price };
}

/** What it sends at most, by estimate: the provider itself refuses more than the window. */
function inputTokens({ capabilities }: Model, request: ModelRequest): number {
  const dense = Math.ceil(requestTokens(request) * DENSE);
  return Math.min(dense, capabilities.contextTokens ?? dense);
}
