import type { Clock } from '../../base/index.ts';
import type { ModelContext, ModelPart, ModelRequest } from '../port.ts';
import type { ModelConfig, ProviderKind } from '../../protocol/index.ts';

/** One configured provider, with its key resolved by the caller: nothing here reads the environment. */
export interface ProviderOptions {
  /** The part of model ids before the first slash; opaque data is given back only to the provider of the same name. */
  readonly name: string;
  readonly kind: ProviderKind;
  /** Default: the service of the kind. */
  readonly baseUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  /** The variable that the key is read from: only named in messages. */
  readonly apiKeyEnv?: string | undefined;
  /** The key came with the request: the session has it, not the configuration. */
  readonly brought?: true;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly models?: Readonly<Record<string, ModelConfig>> | undefined;
}

/** What providers need of the world. */
export interface ProviderWorld {
  readonly clock: Clock;
  readonly fetch?: typeof globalThis.fetch;
}

/** One model to ask, and how. */
export interface ProviderTarget {
  readonly provider: ProviderOptions;
  readonly model: string;
  readonly fetch: typeof globalThis.fetch;
}

/**
 * One answer of a provider, in batches; each batch is valid until the next is asked for. Throws what the provider or the
 * connection failed with; ends early only when the signal aborts.
 */
export type Ask = (
  target: ProviderTarget,
  request: ModelRequest,
  context: ModelContext,
) => AsyncGenerator<readonly ModelPart[]>;

/** Where each kind lives when the configuration does not say. Chat completions have no home. */
export const DEFAULT_BASE_URL: Readonly<Record<ProviderKind, string | undefined>> = {
  openai: 'https://api.openai.com/v1',
  'openai-compatible': undefined,
  anthropic: 'https://api.anthropic.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
};
