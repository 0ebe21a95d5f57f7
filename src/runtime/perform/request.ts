// The request to a model: a function of the events, and of the blobs that the turn's frame names.
import { CarrelError } from '../../protocol/index.ts';
import type { Model, ModelRequest } from '../../model/index.ts';
import { estimateTokens, findCut, transcript, type Cut } from '../../session/index.ts';
import { textsOf } from '../frame.ts';
import type { SessionView, Work } from './view.ts';

/** Of the window, what is left for the answer when nobody said how long it may be. */
const ANSWER_SHARE = 0.2;
/** A model that does not say what it writes at most is given this much room, in tokens. */
const ANSWER_TOKENS = 8_192;

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
  const conversation = await view.conversation();
  const fixed = estimateTokens(system) + estimateTokens(JSON.stringify(tools));
  const cut = cutFor(model, view, { fixed, factor, find: (budget) => findCut(conversation, budget) });
  if (cut !== undefined) await view.submit({ type: 'context/cut', ...cut });
  const onlyTurn = turn.without?.includes('history') === true ? { onlyTurn: turn.id } : {};
  return {
    system,
    messages: transcript(conversation, { provider: model.provider, ...onlyTurn }),
    tools,
    cacheKey: view.id,
    ...(profile.temperature === undefined ? {} : { temperature: profile.temperature }),
    ...(profile.maxOutputTokens === undefined ? {} : { maxOutputTokens: profile.maxOutputTokens }),
    ...(profile.reasoning === undefined ? {} : { reasoning: profile.reasoning }),
  };
}

interface Room {
  readonly fixed: number;
  readonly factor: number;
  readonly find: (budget: number) => Cut | undefined;
}

function cutFor(model: Model, view: SessionView, { fixed, factor, find }: Room): Cut | undefined {
  const { profile } = view.state;
  const window =
    profile.limits.contextTokens > 0 ? profile.limits.contextTokens : model.capabilities.contextTokens;
  // Without a window only the provider knows: its refusal then asks for half of what there is.
  if (window === undefined) return factor < 1 ? find(1) : undefined;
  const answer =
    profile.maxOutputTokens ??
    Math.min(model.capabilities.outputTokens ?? ANSWER_TOKENS, window * ANSWER_SHARE);
  return find(Math.max(1, (window - answer - fixed) * factor));
}
