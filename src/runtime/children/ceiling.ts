// A child never has more than its parent: what its profile allows is narrowed without a word, because a profile is written for
// many parents; what a call asks for is refused by name, because whoever asked counts on it.
import type { BudgetLimits, ErrorInfo, Mode, Profile, SessionLimits } from '../../protocol/index.ts';
import type { SpawnArgs } from '../../tool/index.ts';
import { childBudget } from './budget.ts';

export type Ceiling =
  { readonly ok: true; readonly profile: Profile } | { readonly ok: false; readonly error: ErrorInfo };

/** The modes, each lets through what the one before it does. */
const MODES: readonly Mode[] = ['read', 'ask', 'edits', 'full'];

/** Bounds where 0 stands for none, and so for more than any other. */
const UNBOUNDED_AT_0: ReadonlySet<string> = new Set<keyof SessionLimits>([
  'contextTokens',
  'turnTimeoutMs',
  'lifetimeMs',
]);

interface Asked {
  readonly parent: { readonly profile: Profile; readonly depth: number };
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly args: SpawnArgs;
  /** Of what the parent's subtree may still use. */
  readonly share?: BudgetLimits | undefined;
}

/**
 * The profile of a child, or why there may be none: `limit_reached` when it would be too deep, `not_found` for an unknown
 * profile, `forbidden` with everything that was asked for beyond the parent.
 */
export function childProfile({ parent, profiles, args, share }: Asked): Ceiling {
  const { childDepth } = parent.profile.limits;
  // A session that was created before there were children has no such bound, and gets none.
  if (!(parent.depth < childDepth)) {
    const where = `This session is ${String(parent.depth)} below the one at the top`;
    return refused(
      'limit_reached',
      `${where}, and children may be at most ${String(childDepth)} below it (limits.childDepth).`,
    );
  }
  const named = args.profile === undefined ? parent.profile : profiles.get(args.profile);
  if (named === undefined) {
    const known = [...profiles.keys()].join(', ');
    return refused('not_found', `There is no profile ${JSON.stringify(args.profile)}. There are: ${known}.`);
  }
  const beyond = beyondParent(parent.profile, args);
  if (beyond.length > 0) {
    const advice = 'Ask for less, or leave it out to get what is allowed.';
    return refused('forbidden', `A child may not have more than its parent: ${beyond.join('; ')}. ${advice}`);
  }
  const { budget: own, ...narrow } = asAsked(narrowed(named, parent.profile), args);
  const budget = childBudget(own, parent.profile.budget, share);
  return { ok: true, profile: { ...narrow, ...(budget === undefined ? {} : { budget }) } };
}

function refused(code: ErrorInfo['code'], message: string): Ceiling {
  return { ok: false, error: { code, message } };
}

function beyondParent(parent: Profile, { tools = [], mode, maxSteps }: SpawnArgs): string[] {
  const missing = tools.filter((name) => !has(parent, name));
  const problems = missing.length === 0 ? [] : [`tools ${missing.join(', ')} (it has ${offered(parent)})`];
  if (mode !== undefined && MODES.indexOf(mode) > MODES.indexOf(parent.mode))
    problems.push(`mode "${mode}" (its own is "${parent.mode}")`);
  if (maxSteps !== undefined && maxSteps > parent.limits.maxSteps)
    problems.push(`maxSteps ${String(maxSteps)} (its own bound is ${String(parent.limits.maxSteps)})`);
  return problems;
}

function has({ tools, deny }: Profile, name: string): boolean {
  return tools.includes(name) && !deny.tools.includes(name);
}

function offered(parent: Profile): string {
  return parent.tools.filter((name) => has(parent, name)).join(', ') || 'none';
}

/** The profile with nothing in it that the parent does not have. */
function narrowed(named: Profile, parent: Profile): Profile {
  const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];
  return {
    ...named,
    mode: MODES[Math.min(MODES.indexOf(named.mode), MODES.indexOf(parent.mode))] ?? 'read',
    tools: named.tools.filter((name) => parent.tools.includes(name)),
    deny: {
      tools: union(parent.deny.tools, named.deny.tools),
      paths: union(parent.deny.paths, named.deny.paths),
    },
    recovery: parent.recovery,
    ...(parent.credentials === undefined ? {} : { credentials: parent.credentials }),
    limits: narrowedLimits(named.limits, parent.limits),
  };
}

/** The smaller of each two bounds. */
function narrowedLimits(named: SessionLimits, parent: SessionLimits): SessionLimits {
  const bounds = Object.entries(parent) as [keyof SessionLimits, number | undefined][];
  const least = bounds.map(([key, bound]) => [key, lesser(key, named[key], bound)]);
  return { ...named, ...(Object.fromEntries(least) as SessionLimits) };
}

function lesser(key: keyof SessionLimits, ...pair: readonly (number | undefined)[]): number | undefined {
  const bounds = pair.filter((bound) => bound !== undefined && (bound > 0 || !UNBOUNDED_AT_0.has(key)));
  return bounds.length === 0 ? pair[0] : Math.min(...bounds.map(Number));
}

function asAsked(profile: Profile, { tools, mode, maxSteps }: SpawnArgs): Profile {
  return {
    ...profile,
    ...(tools === undefined ? {} : { tools: [...tools] }),
    ...(mode === undefined ? {} : { mode }),
    ...(maxSteps === undefined ? {} : { limits: { ...profile.limits, maxSteps } }),
  };
}
