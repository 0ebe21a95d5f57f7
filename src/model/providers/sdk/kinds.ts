// The SDK packages are loaded when a model of their kind first streams: together they cost a cold start more than everything
// else in this program.
import type {
  LanguageModelV4 as SdkModel,
  LanguageModelV4CallOptions as SdkCallOptions,
  LanguageModelV4Message as SdkMessage,
} from '@ai-sdk/provider';
import type { ProviderKind } from '../../../protocol/index.ts';
import type { ModelRequest } from '../../port.ts';
import { DEFAULT_BASE_URL, type ProviderOptions, type ProviderTarget } from '../options.ts';

type Fetch = typeof globalThis.fetch;
/** The kinds that are spoken through an SDK package; chat completions are spoken directly. */
export type SdkKind = Exclude<ProviderKind, 'openai-compatible'>;

type Open = (provider: ProviderOptions, model: string, fetch: Fetch) => Promise<SdkModel>;

/** A key is always given: the packages would read the environment for it. Servers that want none ignore it. */
const NO_KEY = 'none';

const common = ({ kind, baseUrl, apiKey, headers }: ProviderOptions, fetch: Fetch) => ({
  baseURL: baseUrl ?? DEFAULT_BASE_URL[kind] ?? '',
  apiKey: apiKey ?? NO_KEY,
  headers: { ...headers },
  fetch,
});

const OPEN: Readonly<Record<SdkKind, Open>> = {
  openai: async (provider, model, fetch) =>
    (await import('@ai-sdk/openai')).createOpenAI(common(provider, fetch)).responses(model),
  anthropic: async (provider, model, fetch) =>
    (await import('@ai-sdk/anthropic')).createAnthropic(common(provider, fetch)).languageModel(model),
  google: async (provider, model, fetch) =>
    (await import('@ai-sdk/google')).createGoogle(common(provider, fetch)).languageModel(model),
};

export const openSdkModel = (kind: SdkKind, { provider, model, fetch }: ProviderTarget): Promise<SdkModel> =>
  OPEN[kind](provider, model, fetch);

type KindOptions = Pick<SdkCallOptions, 'prompt' | 'providerOptions'>;

/** What only one kind needs in a request. */
export function kindOptions(kind: SdkKind, request: ModelRequest, prompt: SdkMessage[]): KindOptions {
  if (kind === 'anthropic') return { prompt: cached(prompt) };
  if (kind === 'google' && request.reasoning !== undefined && request.reasoning !== 'none') {
    return { prompt, providerOptions: { google: { thinkingConfig: { includeThoughts: true } } } };
  }
  if (kind !== 'openai') return { prompt };
  const { cacheKey, reasoning } = request;
  const openai = {
    // Nothing is kept there: reasoning comes back encrypted and is sent again.
    store: false,
    ...(cacheKey === undefined ? {} : { promptCacheKey: cacheKey }),
    ...(reasoning === undefined || reasoning === 'none' ? {} : { reasoningSummary: 'auto' }),
  };
  return { prompt, providerOptions: { openai } };
}

/** Anthropic caches only up to marks: one behind the system prompt and tools, one behind the last message. */
function cached(prompt: readonly SdkMessage[]): SdkMessage[] {
  const mark = { anthropic: { cacheControl: { type: 'ephemeral' } } };
  return prompt.map((message, at) =>
    message.role === 'system' || at === prompt.length - 1 ? { ...message, providerOptions: mark } : message,
  );
}
