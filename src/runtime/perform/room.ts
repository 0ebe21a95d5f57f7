// How large a request may be.
import type { ModelCapabilities } from '../../model/index.ts';
import type { Profile } from '../../protocol/index.ts';

/** Of the window, what is left for the answer when nobody said how long it may be. */
const ANSWER_SHARE = 0.2;
/** A model that does not say what it writes at most is given this much room, in tokens. */
export const ANSWER_TOKENS = 8_192;

export interface Window {
  /** Of a request with its answer, tokens. */
  readonly window: number;
  /** Of these, for the answer. */
  readonly reserve: number;
}

/** Undefined where only the provider knows the window. */
export function windowOf(
  { contextTokens, outputTokens }: ModelCapabilities,
  { limits, maxOutputTokens }: Pick<Profile, 'limits' | 'maxOutputTokens'>,
): Window | undefined {
  const window = limits.contextTokens > 0 ? limits.contextTokens : contextTokens;
  if (window === undefined) return undefined;
  const most = Math.min(outputTokens ?? ANSWER_TOKENS, Math.floor(window * ANSWER_SHARE));
  return { window, reserve: maxOutputTokens ?? most };
}
