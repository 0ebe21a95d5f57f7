import type { AdjustedRequest } from '../adjust.ts';
import { ownData } from './opaque.ts';

/**
 * Anthropic refuses to think in the middle of a chain of calls that began without its thinking, as one does that another
 * model began: such a request goes without, and the next turn thinks again. Pure.
 */
export function fitThinking(fitted: AdjustedRequest, provider: string): AdjustedRequest {
  const { request, adjusted } = fitted;
  const { reasoning, ...rest } = request;
  if (reasoning === undefined || reasoning === 'none') return fitted;
  const last = request.messages.at(-1)?.role === 'tool' ? request.messages.at(-2) : undefined;
  const first = last?.role === 'assistant' ? last.parts[0] : undefined;
  const isOwn = first?.type === 'reasoning' && ownData(first, provider) !== undefined;
  if (first === undefined || isOwn) return fitted;
  const why = `${provider} cannot start to think between a call and its result`;
  return {
    request: rest,
    adjusted: [...adjusted, { type: 'adjusted', parameter: 'reasoning', from: reasoning, to: null, why }],
  };
}
