// Built-in profiles, the ones of the files over them, and the general settings below both, into complete ones.
import { joinBudgets, Profile, type ProfileConfig, type SessionLimits } from '../protocol/index.ts';
import { BUILT_IN, DEFAULT_PROFILE } from './builtin.ts';
import { checkRelations } from './check.ts';
import { addDenials, type Config } from './layers.ts';
import { DEFAULT_SESSION_LIMITS, SESSION_LIMITS } from './limits.ts';

/**
 * Every profile by name, complete. A profile starts from the built-in one of its name, else from the built-in `default`.
 * Its model may be `auto`. Whether its tools exist is for the host to say. `invalid_params` when its bounds contradict each other.
 */
export function resolveProfiles(config: Config): Map<string, Profile> {
  const names = new Set([...BUILT_IN.keys(), ...config.profiles.keys()]);
  return new Map([...names].map((name) => [name, resolveProfile(config, name)]));
}

function resolveProfile(config: Config, name: string): Profile {
  const own: ProfileConfig = config.profiles.get(name) ?? {};
  const { prompt, deny, limits: ownLimits, budget: ownBudget, ...rest } = own;
  const base = BUILT_IN.get(name) ?? DEFAULT_PROFILE;
  const limits = { ...sessionLimits(config), ...ownLimits } as SessionLimits;
  checkRelations(limits, `profiles.${name}.`, (key) => {
    const origin = config.origin(key);
    return origin.kind === 'default' ? config.origin(key.slice(`profiles.${name}.`.length)) : origin;
  });
  const budget = joinBudgets(config.budget, ownBudget);
  const complete = {
    model: config.model,
    ...base,
    ...rest,
    name,
    prompt: prompt === undefined ? base.prompt : typeof prompt === 'string' ? prompt : prompt.join('\n'),
    deny: addDenials(config.permissions.deny, deny),
    limits,
    ...(budget === undefined ? {} : { budget }),
  };
  return Profile.parse(complete);
}

/** The bounds of a session that its profile does not set. */
export function sessionLimits(config: Config): SessionLimits {
  const names = Object.keys(SESSION_LIMITS) as (keyof SessionLimits)[];
  return Object.fromEntries(names.map((name) => [name, config.limits[name]])) as SessionLimits;
}

/** The profiles that are always there, complete, for a host without a configuration. */
export function builtInProfiles(model: string): Map<string, Profile> {
  const rest = { model, limits: DEFAULT_SESSION_LIMITS, deny: { tools: [], paths: [] } };
  return new Map([...BUILT_IN].map(([name, profile]) => [name, { ...profile, ...rest, name }]));
}
