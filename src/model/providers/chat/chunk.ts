// What is read of a chunk. Nothing here is checked by a schema: members are looked at where they are used, so that a server
// that sends more, less or null stays readable.
import type { Json, JsonObject } from '../../../base/index.ts';

type Maybe<T> = T | null | undefined;

export interface Chunk {
  readonly choices?: readonly Choice[];
  readonly usage?: Maybe<WireUsage>;
  readonly error?: Maybe<Json>;
}

interface Choice {
  readonly delta?: Maybe<Delta>;
  /** Of servers that answer at once though they were asked to stream. */
  readonly message?: Maybe<Delta>;
  readonly finish_reason?: Maybe<string>;
  /** Where Moonshot has it. */
  readonly usage?: Maybe<WireUsage>;
}

export interface Delta {
  readonly content?: Maybe<string | readonly Json[]>;
  readonly reasoning_content?: Maybe<string>;
  readonly reasoning?: Maybe<string>;
  readonly reasoning_details?: Maybe<readonly Detail[]>;
  readonly refusal?: Maybe<string>;
  readonly tool_calls?: Maybe<readonly ToolCallDelta[]>;
}

/** OpenRouter's form of signed and encrypted reasoning. */
export type Detail = JsonObject;

export interface ToolCallDelta {
  readonly index?: Maybe<number>;
  readonly id?: Maybe<string>;
  readonly function?: { readonly name?: Maybe<string>; readonly arguments?: Maybe<string | JsonObject> };
  /** Gemini's signatures, behind its compatible door. */
  readonly extra_content?: Maybe<Json>;
}

export interface WireUsage {
  readonly prompt_tokens?: Maybe<number>;
  readonly completion_tokens?: Maybe<number>;
  readonly prompt_tokens_details?: Maybe<{ readonly cached_tokens?: Maybe<number> }>;
  readonly completion_tokens_details?: Maybe<{ readonly reasoning_tokens?: Maybe<number> }>;
  /** DeepSeek's name for cached tokens. */
  readonly prompt_cache_hit_tokens?: Maybe<number>;
}
