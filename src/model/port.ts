// Speak to a model, say what it can do.
import type { JsonObject } from '../base/index.ts';
import type {
  ErrorInfo,
  FilePart,
  Message,
  Price,
  ProviderData,
  ToolSpec,
  Usage,
} from '../protocol/index.ts';

export interface ModelCapabilities {
  /** Tokens the model reads, and writes at most; undefined when nobody said. */
  readonly contextTokens?: number;
  readonly outputTokens?: number;
  readonly tools: boolean;
  readonly images: boolean;
  readonly reasoning: boolean;
  /** `fixed`: any other value than the provider's default is refused, so none is sent. */
  readonly temperature: 'free' | 'fixed';
  /** Undefined when nobody said: that is not 0. */
  readonly price?: Price;
}

export interface ModelRequest {
  readonly system: string;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolSpec[];
  readonly temperature?: number;
  readonly maxOutputTokens?: number;
  readonly reasoning?: 'none' | 'low' | 'medium' | 'high';
  /** Names the session for provider-side caches; nothing personal. */
  readonly cacheKey?: string;
}

/** What a request is made with instead of what the provider was configured with. */
export interface Credentials {
  readonly apiKey: string;
}

export interface ModelContext {
  readonly credentials?: Credentials;
  readonly signal: AbortSignal;
  /** Bytes of a file part. */
  readonly file: (part: FilePart) => Promise<Uint8Array>;
  /** Hears what the provider says is left of its rate limits, when it says so: before the first part. It must not throw. */
  readonly onLimits?: (limits: RateLimits) => void;
}

/** Of one rate limit: how much there is in all, what is left of it, and when all of it is there again. */
export interface Allowance {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

export interface RateLimits {
  readonly requests?: Allowance;
  readonly tokens?: Allowance;
}

/** Why a request failed. `retryAfterMs` is the provider's own word. */
export interface ModelFailure extends ErrorInfo {
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
}

/**
 * One piece of an answer. `index` numbers the parts of the answer from 0 in their order; the pieces of a part are not
 * interleaved with those of another of the same kind, but parts of different kinds may overlap.
 */
export type ModelPart =
  | { readonly type: 'text' | 'reasoning'; readonly index: number; readonly text: string }
  /** The part is whole. Optional for text; reasoning brings its opaque data here. */
  | { readonly type: 'ended'; readonly index: number; readonly provider?: ProviderData }
  /** Arguments are arriving: progress, nothing to show yet. */
  | { readonly type: 'call-progress'; readonly index: number; readonly tool: string }
  /** A whole call. `args` is the text as it came: it may not be JSON, when the provider cut it. */
  | {
      readonly type: 'call';
      readonly index: number;
      readonly tool: string;
      readonly args: string;
      readonly provider?: ProviderData;
    }
  /** A parameter outside the model's rule was changed or left out. */
  | {
      readonly type: 'adjusted';
      readonly parameter: string;
      readonly from: JsonObject[string];
      readonly to: JsonObject[string];
      readonly why: string;
    }
  /** Always the last part, exactly one of these two. */
  | {
      readonly type: 'finished';
      readonly reason: 'stop' | 'calls' | 'length' | 'filter';
      readonly usage: Usage;
    }
  | { readonly type: 'failed'; readonly failure: ModelFailure };

/**
 * One model of one provider. `stream` never throws, neither at once nor in the middle: failure is its last part. After the
 * signal aborts it ends within one turn of the event loop with `failed` of code `cancelled`, and its connection is closed.
 * A stream that the provider ends without saying why is `failed` with `provider_failed`.
 */
export interface Model {
  /** `provider/model`. */
  readonly id: string;
  readonly provider: string;
  readonly capabilities: ModelCapabilities;
  stream(request: ModelRequest, context: ModelContext): AsyncIterable<ModelPart>;
}

/** Finds models by id. */
export interface Models {
  /**
   * `model_unavailable` names what was looked for. Resolving reaches no network. `keyless`: whoever asks the model brings credentials, so
   * that a provider without any will do.
   */
  resolve(id: string, options?: { readonly keyless?: boolean }): Promise<Model>;
  /** Ids that are configured, for lists; providers may serve more. */
  list(): readonly string[];
}
