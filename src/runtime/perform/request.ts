// The request to a model: a function of the events, and of the blobs that the turn's frame names.
import { CarrelError, type Profile } from '../../protocol/index.ts';
import type { Model, ModelRequest } from '../../model/index.ts';
import { contextTokens, estimateTokens, findCut, transcript } from '../../session/index.ts';
import { textsOf } from '../frame.ts';
import type { Work } from './view.ts';

/** Of the window, what is left for the answer when nobody said how long it may be. */
const ANSWER_SHARE = 0.2;
/** A model that does not say what it writes at most is given this much room, in tokens. */
export const ANSWER_TOKENS = 8_192;

/** Cuts the context until it fits, by events, then builds the request. `factor` below 1 asks for less than the budget. */
export async function buildRequest(
  { scope, view }: Work,
  model: Model,
  factor: number,
): Promise<ModelRequest> {
  const turn = view.state.turn;
  if (turn === undefined) throw new CarrelError('conflict', 'The turn is over.');
  const { profile, folder } = view.state;
  const texts = await textsOf(scope, turn.frame);
  const tools = turn.without?.includes('tools') === true ? [] : texts.tools;
  const system = `${texts.prompt}\n\nThe working folder is ${folder}. Today is ${turn.frame.date}.`;
  const onlyTurn = turn.without?.includes('history') === true ? turn.id : undefined;
  const conversation = await view.conversation();
  const fixed = estimateTokens(system) + estimateTokens(JSON.stringify(tools));
  const room =
    roomFor(model, profile, fixed) ?? (factor < 1 ? contextTokens(conversation, onlyTurn) : Infinity);
  const budget = Math.max(1, room * factor);
  const cut = findCut(conversation, budget, onlyTurn);
  if (cut !== undefined) await view.submit({ type: 'context/cut', ...cut });
  return {
    system,
    messages: transcript(conversation, {
      provider: model.provider,
      ...(onlyTurn === undefined ? {} : { onlyTurn }),
      ...(budget === Infinity ? {} : { budget }),
    }),
    tools,
    cacheKey: view.id,
    ...(profile.temperature === undefined ? {} : { temperature: profile.temperature }),
    ...(profile.maxOutputTokens === undefined ? {} : { maxOutputTokens: profile.maxOutputTokens }),
    ...(profile.reasoning === undefined ? {} : { reasoning: profile.reasoning }),
  };
}

/** Tokens for the conversation, beside the answer and what is always sent; undefined where only the provider knows the window. */
function roomFor(model: Model, profile: Profile, fixed: number): number | undefined {
  const { contextTokens: configured } = profile.limits;
  const window = configured > 0 ? configured : model.capabilities.contextTokens;
  if (window === undefined) return undefined;
  const most = Math.min(model.capabilities.outputTokens ?? ANSWER_TOKENS, window * ANSWER_SHARE);
  return window - (profile.maxOutputTokens ?? most) - fixed;
}
