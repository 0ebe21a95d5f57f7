import { BUILT_IN_PROVIDERS } from './services.ts';

/** What `auto` needs to know of a configured provider. */
export interface AutoProvider {
  readonly name: string;
  readonly apiKey?: string | undefined;
  readonly apiKeyEnv?: string | undefined;
  readonly models?: Readonly<Record<string, unknown>> | undefined;
}

export interface AutoOptions {
  /** The configured model, unless that is `auto` itself. */
  readonly configuredDefault?: string;
  /** Configured providers in the order of the file. */
  readonly providers: readonly AutoProvider[];
  /** Names of the environment variables that hold something. */
  readonly keysPresent: ReadonlySet<string>;
}

export type AutoChoice =
  | { readonly ok: true; readonly model: string; readonly why: string }
  /** `lookedFor` is what would have decided, in words. */
  | { readonly ok: false; readonly lookedFor: readonly string[] };

/**
 * The model that `auto` stands for, and why: the configured default; else the first provider with a key, built-in ones in
 * the order of `BUILT_IN_PROVIDERS`, then the other configured ones that list a model, in the order of the file. Pure.
 */
export function chooseAuto({ configuredDefault, providers, keysPresent }: AutoOptions): AutoChoice {
  if (configuredDefault !== undefined && configuredDefault !== 'auto') {
    return { ok: true, model: configuredDefault, why: 'it is the configured model' };
  }
  const lookedFor = ['"model" in the configuration'];
  for (const { name, apiKey, apiKeyEnv, model } of candidates(providers)) {
    if (apiKey !== undefined)
      return { ok: true, model, why: `provider ${name} has a key in the configuration` };
    if (apiKeyEnv === undefined) continue;
    if (keysPresent.has(apiKeyEnv)) return { ok: true, model, why: `${apiKeyEnv} is set` };
    lookedFor.push(apiKeyEnv);
  }
  return { ok: false, lookedFor };
}

type Candidate = Omit<AutoProvider, 'models'> & { readonly model: string };

function candidates(providers: readonly AutoProvider[]): readonly Candidate[] {
  const configured = new Map(providers.map((provider) => [provider.name, provider]));
  const builtIn = Object.entries(BUILT_IN_PROVIDERS).map(([name, { apiKeyEnv, defaultModel }]) => {
    const own = configured.get(name);
    const key = own?.apiKey === undefined ? { apiKeyEnv } : {};
    return candidate({ name, ...key, ...own }, defaultModel);
  });
  const others = providers.filter(({ name }) => !Object.hasOwn(BUILT_IN_PROVIDERS, name));
  return [...builtIn, ...others.map((provider) => candidate(provider))].filter((each) => each !== undefined);
}

function candidate({ models = {}, ...provider }: AutoProvider, defaultModel?: string): Candidate | undefined {
  const model = Object.keys(models)[0] ?? defaultModel;
  return model === undefined ? undefined : { ...provider, model: `${provider.name}/${model}` };
}
