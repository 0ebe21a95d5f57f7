import type { ProviderOptions } from './providers/options.ts';
import { BUILT_IN_PROVIDERS } from './services.ts';

/**
 * Every provider that can be named: the configured ones, with what the built-in of the same name adds, and the other built-in
 * ones behind them; each with its key, where it has one. `keyOf` gives the value of an environment variable. Pure but for that.
 */
export function withBuiltIns(
  configured: readonly ProviderOptions[],
  keyOf: (variable: string) => string | undefined,
): readonly ProviderOptions[] {
  const names = new Set(configured.map(({ name }) => name));
  const others = Object.entries(BUILT_IN_PROVIDERS).filter(([name]) => !names.has(name));
  const all = [...configured, ...others.map(([name, { kind }]) => ({ name, kind }))];
  return all.map((provider) => withKey(withDefaults(provider), keyOf));
}

/** A configured provider that speaks another format or is somewhere else shares only the name: it gets no default. */
function withDefaults(provider: ProviderOptions): ProviderOptions {
  const builtIn = Object.hasOwn(BUILT_IN_PROVIDERS, provider.name)
    ? BUILT_IN_PROVIDERS[provider.name]
    : undefined;
  if (builtIn === undefined || provider.kind !== builtIn.kind || provider.baseUrl !== undefined)
    return provider;
  const apiKeyEnv = provider.apiKey === undefined ? (provider.apiKeyEnv ?? builtIn.apiKeyEnv) : undefined;
  return { ...provider, baseUrl: builtIn.baseUrl, apiKeyEnv };
}

function withKey(
  provider: ProviderOptions,
  keyOf: (variable: string) => string | undefined,
): ProviderOptions {
  const { apiKey, apiKeyEnv } = provider;
  if (apiKey !== undefined || apiKeyEnv === undefined) return provider;
  const key = keyOf(apiKeyEnv);
  return key === undefined || key === '' ? provider : { ...provider, apiKey: key };
}
