// The request to a model: a function of the events, and of the blobs that the turn's frame names.
import { CarrelError, type Profile } from '../../protocol/index.ts';
import type { Model, ModelRequest } from '../../model/index.ts';
import {
  contextTokens,
  estimateTokens,
  findCut,
  messageTokens,
  systemText,
  transcript,
  type Conversation,
} from '../../session/index.ts';
import { textsOf } from '../frame.ts';
import { windowOf } from './room.ts';
import type { Work } from './view.ts';

export interface Built {
  readonly request: ModelRequest;
  /** Of its input, tokens. */
  readonly estimate: number;
}

/** Cuts the context until it fits, by events, then builds the request. `factor` below 1 asks for less than the budget. */
export async function buildRequest({ scope, view }: Work, model: Model, factor: number): Promise<Built> {
  const turn = view.state.turn;
  if (turn === undefined) throw new CarrelError('conflict', 'The turn is over.');
  const { profile, folder } = view.state;
  const texts = await textsOf(scope, turn.frame);
  const tools = turn.without?.includes('tools') === true ? [] : texts.tools;
  const system = systemText({ ...texts, folder, date: turn.frame.date });
  const onlyTurn = turn.without?.includes('history') === true ? turn.id : undefined;
  const conversation = await view.conversation();
  const fixed = estimateTokens(system) + estimateTokens(JSON.stringify(tools));
  const room =
    roomFor(conversation, { model, profile, fixed }) ??
    (factor < 1 ? contextTokens(conversation, onlyTurn) : Infinity);
  const budget = Math.max(1, room * factor);
  const cut = findCut(conversation, budget, onlyTurn);
  if (cut !== undefined) await view.submit({ type: 'context/cut', ...cut });
  const request: ModelRequest = {
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
  return { request, estimate: Math.ceil(fixed + Math.min(budget, contextTokens(conversation, onlyTurn))) };
}

interface Fitting {
  readonly model: Model;
  readonly profile: Profile;
  /** Of what is always sent, by estimate. */
  readonly fixed: number;
}

/** What the conversation may have by estimate, beside the answer and what is always sent; undefined where only the provider knows the window. */
function roomFor({ correction }: Conversation, { model, profile, fixed }: Fitting): number | undefined {
  const known = windowOf(model.capabilities, profile);
  return known === undefined ? undefined : (known.window - known.reserve) / correction - fixed;
}

/** Tokens of its input, by estimate. */
export function requestTokens({ system, tools, messages }: ModelRequest): number {
  return estimateTokens(system) + estimateTokens(JSON.stringify(tools)) + messageTokens(messages);
}
