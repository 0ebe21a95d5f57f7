import type { Clock } from '../base/index.ts';
import { CarrelError } from '../protocol/index.ts';
import type { Model, Models } from './port.ts';
import { practiceModel, PRACTICE_ID } from './practice/model.ts';
import { providerModel } from './providers/model.ts';
import { DEFAULT_BASE_URL, type ProviderOptions } from './providers/options.ts';
import { BUILT_IN_PROVIDERS } from './services.ts';

export interface ModelsOptions {
  readonly providers: readonly ProviderOptions[];
  readonly clock: Clock;
  readonly practice?: { readonly paceMs?: number };
  /** Ready-made models, found by their own ids before anything else. */
  readonly models?: readonly Model[];
  readonly fetch?: typeof globalThis.fetch;
}

/** Finds models by `provider/model`, where the model's part may hold further slashes. `offline/practice` is always there. */
export function createModels(options: ModelsOptions): Models {
  const { providers, clock, fetch } = options;
  const ready = new Map(
    [practiceModel({ clock, ...options.practice }), ...(options.models ?? [])].map((m) => [m.id, m]),
  );
  const byName = new Map(providers.map((provider) => [provider.name, provider]));
  const world = { clock, ...(fetch === undefined ? {} : { fetch }) };
  const ids = [...providers.flatMap(configuredIds), ...ready.keys()];

  const find = (id: string, keyless = false): Model => {
    const own = ready.get(id);
    if (own !== undefined) return own;
    const { provider: name, model } = splitId(id);
    if (name === undefined || model === undefined)
      throw unavailable(id, 'a model is named PROVIDER/MODEL', ids);
    const provider = byName.get(name);
    if (provider === undefined) throw unavailable(id, `there is no provider ${name}`, ids);
    const missing = whatIsMissing(keyless ? { ...provider, apiKey: BROUGHT } : provider);
    if (missing !== undefined) throw unavailable(id, missing, ids);
    return providerModel(provider, model, world);
  };

  return {
    resolve: async (id, { keyless } = {}) => find(id, keyless),
    list: () => ids,
  };
}

/** Stands for a key that comes with each request. */
const BROUGHT = 'brought';

function splitId(id: string): { provider?: string; model?: string } {
  const slash = id.indexOf('/');
  if (slash < 1 || slash === id.length - 1) return {};
  return { provider: id.slice(0, slash), model: id.slice(slash + 1) };
}

/** The models that are named, else the built-in default where there is a key for it. */
function configuredIds({ name, apiKey, models = {} }: ProviderOptions): readonly string[] {
  const named = Object.keys(models);
  const builtIn = Object.hasOwn(BUILT_IN_PROVIDERS, name) ? BUILT_IN_PROVIDERS[name] : undefined;
  const shown =
    named.length > 0 || builtIn === undefined || apiKey === undefined ? named : [builtIn.defaultModel];
  return shown.map((model) => `${name}/${model}`);
}

/** A key is needed by the services themselves; a server of one's own may want none. */
function whatIsMissing({ name, kind, baseUrl, apiKey, apiKeyEnv }: ProviderOptions): string | undefined {
  if (kind === 'openai-compatible' && baseUrl === undefined) return `provider ${name} has no baseUrl`;
  const wantsKey = apiKeyEnv !== undefined || baseUrl === undefined || baseUrl === DEFAULT_BASE_URL[kind];
  if (!wantsKey || apiKey !== undefined) return undefined;
  return `provider ${name} has no key: set ${apiKeyEnv ?? `its apiKey or apiKeyEnv in the configuration`}`;
}

function unavailable(id: string, why: string, known: readonly string[]): CarrelError {
  const others = known.filter((each) => each !== PRACTICE_ID);
  const exist = others.length === 0 ? 'nothing else is configured' : `configured are ${others.join(', ')}`;
  const message = `no model ${JSON.stringify(id)}: ${why}; ${exist}; ${PRACTICE_ID} needs nothing`;
  return new CarrelError('model_unavailable', message, { data: { model: id, configured: others } });
}
