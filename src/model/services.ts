// Services and servers that Carrel knows by name. Data only: what is reached is what the configuration or a key asks for.
import type { ProviderKind } from '../protocol/index.ts';
import { DEFAULT_BASE_URL, type ProviderOptions } from './providers/options.ts';

export interface BuiltInProvider {
  readonly kind: ProviderKind;
  /** Left out where the kind has its own. */
  readonly baseUrl?: string;
  readonly apiKeyEnv: string;
  /** What `auto` takes, without the provider's name: a current all-round model that calls tools. */
  readonly defaultModel: string;
}

/** In the order in which `auto` looks for keys: who makes models first, who resells them after. */
export const BUILT_IN_PROVIDERS: Readonly<Record<string, BuiltInProvider>> = {
  anthropic: { kind: 'anthropic', apiKeyEnv: 'ANTHROPIC_API_KEY', defaultModel: 'claude-sonnet-5' },
  openai: { kind: 'openai', apiKeyEnv: 'OPENAI_API_KEY', defaultModel: 'gpt-5.4' },
  google: { kind: 'google', apiKeyEnv: 'GEMINI_API_KEY', defaultModel: 'gemini-3.6-flash' },
  openrouter: compatible('https://openrouter.ai/api/v1', 'OPENROUTER_API_KEY', 'openrouter/auto'),
  moonshot: compatible('https://api.moonshot.ai/v1', 'MOONSHOT_API_KEY', 'kimi-k2.6'),
  zai: compatible('https://api.z.ai/api/paas/v4', 'ZAI_API_KEY', 'glm-5.1'),
  deepseek: compatible('https://api.deepseek.com/v1', 'DEEPSEEK_API_KEY', 'deepseek-chat'),
  mistral: compatible('https://api.mistral.ai/v1', 'MISTRAL_API_KEY', 'mistral-medium-latest'),
  xai: compatible('https://api.x.ai/v1', 'XAI_API_KEY', 'grok-4'),
  groq: compatible('https://api.groq.com/openai/v1', 'GROQ_API_KEY', 'openai/gpt-oss-120b'),
};

function compatible(baseUrl: string, apiKeyEnv: string, defaultModel: string): BuiltInProvider {
  return { kind: 'openai-compatible', baseUrl, apiKeyEnv, defaultModel };
}

/** Whose prices hold for a provider: the built-in that is at the same address and speaks the same, whatever it is called. */
export function serviceOf({ kind, baseUrl }: Pick<ProviderOptions, 'kind' | 'baseUrl'>): string | undefined {
  const at = address(kind, baseUrl);
  if (at === undefined) return undefined;
  return Object.entries(BUILT_IN_PROVIDERS).find(
    ([, builtIn]) => builtIn.kind === kind && address(kind, builtIn.baseUrl) === at,
  )?.[0];
}

function address(kind: ProviderKind, baseUrl: string | undefined): string | undefined {
  return (baseUrl ?? DEFAULT_BASE_URL[kind])?.replace(/\/+$/, '');
}

export interface LocalServer {
  /** What `carrel setup` would call the provider. */
  readonly name: string;
  readonly title: string;
  /** Where it listens unless told otherwise; it speaks chat completions there. */
  readonly baseUrl: string;
}

/** Where `carrel setup` looks; nothing else ever does. */
export const LOCAL_SERVERS: readonly LocalServer[] = [
  { name: 'ollama', title: 'Ollama', baseUrl: 'http://127.0.0.1:11434/v1' },
  { name: 'lmstudio', title: 'LM Studio', baseUrl: 'http://127.0.0.1:1234/v1' },
  { name: 'llamacpp', title: 'llama.cpp', baseUrl: 'http://127.0.0.1:8080/v1' },
  { name: 'vllm', title: 'vLLM', baseUrl: 'http://127.0.0.1:8000/v1' },
];
