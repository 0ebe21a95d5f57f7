// The request to a model: a function of the events, and of the blobs that the turn's frame names.
import { CarrelError, type ToolSpec } from '../../protocol/index.ts';
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
export async function buildRequest(work: Work, model: Model, factor: number): Promise<Built> {
  const { view } = work;
  const { system, tools, fixed, conversation, room: known } = await measure(work, model);
  const { turn, profile } = view.state;
  if (turn === undefined) throw new CarrelError('conflict', 'The turn is over.');
  const onlyTurn = turn.without?.includes('history') === true ? turn.id : undefined;
  const room = known ?? (factor < 1 ? contextTokens(conversation, onlyTurn) : Infinity);
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

export interface Measured {
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  /** Of both, tokens by estimate. */
  readonly fixed: number;
  readonly conversation: Conversation;
  /** What the conversation may have, by estimate; undefined where only the provider knows the window. */
  readonly room: number | undefined;
}

/** What the open turn's next request would carry, and how much of the conversation fits; without a turn, that of a next one. */
export async function measure({ scope, view }: Work, model: Model): Promise<Measured> {
  const { turn, profile, folder } = view.state;
  const frame = turn?.frame ?? (await scope.frames.for(view.state));
  const texts = await textsOf(scope, frame);
  const tools = turn?.without?.includes('tools') === true ? [] : texts.tools;
  const system = systemText({ ...texts, folder, date: frame.date });
  const conversation = await view.conversation();
  const fixed = estimateTokens(system) + estimateTokens(JSON.stringify(tools));
  const known = windowOf(model.capabilities, profile);
  const room =
    known === undefined ? undefined : (known.window - known.reserve) / conversation.correction - fixed;
  return { system, tools, fixed, conversation, room };
}

/** Tokens of its input, by estimate. */
export function requestTokens({ system, tools, messages }: ModelRequest): number {
  return estimateTokens(system) + estimateTokens(JSON.stringify(tools)) + messageTokens(messages);
}
