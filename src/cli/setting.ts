// Configuration and environment into what a host is made of. Nothing here is opened or reached.
import { systemClock } from '../base/index.ts';
import { loadConfig, resolveProfiles, type Config, type Home } from '../config/index.ts';
import { chooseAuto, createModels, withBuiltIns, type Models, type ProviderOptions } from '../model/index.ts';
import { CarrelError, type Price, type Profile } from '../protocol/index.ts';
import { homeOf } from './home.ts';
import type { Invocation } from './invocation.ts';

export interface Setting {
  readonly home: Home;
  /** Whose own configuration counts, as far as it is trusted. */
  readonly folder: string;
  readonly config: Config;
  /** Configured ones, then the built-in ones; with their keys. */
  readonly providers: readonly ProviderOptions[];
  readonly models: Models;
  /** Their model may be `auto`. */
  readonly profiles: ReadonlyMap<string, Profile>;
}

/** For work in `folder`, whose own configuration counts as far as it is trusted. */
export function loadSetting(
  invocation: Pick<Invocation, 'env'>,
  folder: string,
  flags: Readonly<Record<string, string>> = {},
): Setting {
  const home = homeOf(invocation);
  const config = loadConfig({ home, folder, env: invocation.env, flags });
  const configured = [...config.providers].map(([name, provider]) => ({ ...provider, name }));
  const providers = withBuiltIns(configured, (variable) => invocation.env[variable]);
  const models = createModels({ providers, clock: systemClock });
  return { home, folder, config, providers, models, profiles: resolveProfiles(config) };
}

export interface PickedModel {
  readonly id: string;
  /** Said when it was chosen and not named. */
  readonly why?: string;
  /** Left out where nobody knows it. */
  readonly price?: Price;
}

/** The model that `id` stands for, checked to be there; `auto` is chosen. Refuses with `model_unavailable`. */
export async function pickModel(setting: Setting, id: string): Promise<PickedModel> {
  const { model, why } = id === 'auto' ? autoModel(setting) : { model: id };
  const found = await setting.models.resolve(model);
  const { price } = found.capabilities;
  return { id: found.id, ...(why === undefined ? {} : { why }), ...(price === undefined ? {} : { price }) };
}

/** What `auto` stands for, and why. */
export function autoModel({ config, providers }: Setting): { readonly model: string; readonly why: string } {
  const choice = chooseAuto({
    configuredDefault: config.model,
    providers: [...config.providers].map(([name, provider]) => ({ ...provider, name })),
    keysPresent: new Set(
      providers.flatMap(({ apiKey, apiKeyEnv }) => (apiKey && apiKeyEnv ? [apiKeyEnv] : [])),
    ),
  });
  if (!choice.ok) throw noModel(choice.lookedFor);
  return { model: choice.model, why: choice.why };
}

function noModel(lookedFor: readonly string[]): CarrelError {
  const message = `no model is configured; looked for ${lookedFor.join(', ')}. Practise without one: -m offline/practice`;
  return new CarrelError('model_unavailable', message, { data: { lookedFor } });
}

/** Providers worth showing: configured ones, and built-in ones whose key is there. */
export function usableProviders({ config, providers }: Setting): readonly ProviderOptions[] {
  return providers.filter(({ name, apiKey }) => config.providers.has(name) || apiKey !== undefined);
}

/** Variables that hold keys: no command may see them. */
export function secretNames({ providers }: Setting): readonly string[] {
  return providers.flatMap(({ apiKeyEnv }) => (apiKeyEnv === undefined ? [] : [apiKeyEnv]));
}

/** Keys, and the values of headers and queries, which may be keys: no line of a log may have them. */
export function secretValues({ providers }: Pick<Setting, 'providers'>): readonly string[] {
  return providers.flatMap(({ apiKey, headers, baseUrl }) => [
    ...(apiKey === undefined ? [] : [apiKey]),
    ...Object.values(headers ?? {}),
    ...(baseUrl === undefined ? [] : new URL(baseUrl).searchParams.values()),
  ]);
}
