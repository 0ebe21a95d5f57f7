// Several sources, one configuration. Later layers win, except that denials and allowances add up: a lower layer's denial
// cannot be taken back.
import { dirname, resolve } from 'node:path';
import {
  joinBudgets,
  type AllowRule,
  type Budget,
  type ConfigFile,
  type DaemonLimits,
  type DaemonUse,
  type HostLimits,
  type NotifyConfig,
  type ProfileConfig,
  type ProviderConfig,
  type SessionLimits,
  type ToolConfig,
} from '../protocol/index.ts';
import { checkRelations } from './check.ts';
import type { Document } from './document.ts';
import { keyPath, valueAt, type KeyPath } from './key.ts';
import { DEFAULT_DAEMON_LIMITS } from './daemon-limits.ts';
import { DEFAULT_HOST_LIMITS, DEFAULT_SESSION_LIMITS } from './limits.ts';
import type { Origin } from './problem.ts';
import { DEFAULT_TELEMETRY, type TelemetrySettings } from './telemetry-settings.ts';

/** What one source says, and where. */
export interface Layer {
  readonly file: ConfigFile;
  readonly where: Document['where'];
}

export interface Denials {
  readonly tools: readonly string[];
  readonly paths: readonly string[];
}

/** One validated whole. Holds secrets: show `redacted(config)`. */
export interface Config {
  readonly model: string;
  readonly daemon: DaemonUse;
  /** A later layer's provider replaces an earlier one whole: half of each could send a key to another's server. */
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  /** As written; `resolveProfiles` completes them. */
  readonly profiles: ReadonlyMap<string, ProfileConfig>;
  readonly limits: HostLimits & SessionLimits & DaemonLimits;
  /** Of every session, under what its profile says. */
  readonly budget?: Budget;
  readonly tools: ReadonlyMap<string, ToolConfig>;
  readonly telemetry: TelemetrySettings;
  /** Where notifications go, by name. */
  readonly notify: ReadonlyMap<string, NotifyConfig>;
  /** Absolute paths of modules that export tools. */
  readonly toolModules: readonly string[];
  readonly permissions: { readonly allow: readonly AllowRule[]; readonly deny: Denials };
  /** For people: what was ignored or looks wrong, and what to do. */
  readonly notices: readonly string[];
  /** Where the value in force of a dotted key was set; of a list that adds up, its last addition. */
  readonly origin: (key: string) => Origin;
}

/** Joins layers, lowest first. `invalid_params` when bounds contradict each other. */
export function joinLayers(layers: readonly Layer[], notices: readonly string[]): Config {
  const files = layers.map((layer) => layer.file);
  const originAt = (key: string): Origin => originIn(layers, keyPath(key));
  const own = files.flatMap((file) => Object.entries(file.limits ?? {}));
  const defaults = { ...DEFAULT_HOST_LIMITS, ...DEFAULT_SESSION_LIMITS, ...DEFAULT_DAEMON_LIMITS };
  const limits = { ...defaults, ...Object.fromEntries(own) };
  checkRelations(limits, '', originAt);
  return {
    model: files.findLast((file) => file.model !== undefined)?.model ?? 'auto',
    daemon: files.findLast((file) => file.daemon !== undefined)?.daemon ?? 'start',
    providers: new Map(files.flatMap((file) => Object.entries(file.providers ?? {}))),
    profiles: joinProfiles(files),
    limits,
    ...budgetOf(files),
    tools: new Map(files.flatMap((file) => Object.entries(file.tools ?? {}))),
    telemetry: { ...DEFAULT_TELEMETRY, ...Object.fromEntries(files.flatMap(telemetryOf)) },
    notify: new Map(files.flatMap((file) => Object.entries(file.notify ?? {}))),
    toolModules: [...new Set(layers.flatMap(modulesOf))],
    permissions: {
      allow: files.flatMap((file) => file.permissions?.allow ?? []),
      deny: addDenials(...files.map((file) => file.permissions?.deny)),
    },
    notices,
    origin: originAt,
  };
}

function telemetryOf({ telemetry = {} }: ConfigFile): readonly (readonly [string, unknown])[] {
  return Object.entries(telemetry).filter(([, value]) => value !== undefined);
}

function modulesOf({ file, where }: Layer): readonly string[] {
  return (file.toolModules ?? []).map((path, index) => {
    const origin = where(['toolModules', index]);
    return origin.kind === 'file' ? resolve(dirname(origin.file), path) : resolve(path);
  });
}

function budgetOf(files: readonly { readonly budget?: Budget | undefined }[]): Pick<Config, 'budget'> {
  const budget = files.map((file) => file.budget).reduce(joinBudgets, undefined);
  return budget === undefined ? {} : { budget };
}

function joinProfiles(files: readonly ConfigFile[]): ReadonlyMap<string, ProfileConfig> {
  const joined = new Map<string, ProfileConfig>();
  for (const [name, profile] of files.flatMap((file) => Object.entries(file.profiles ?? {}))) {
    const before = joined.get(name);
    joined.set(name, {
      ...before,
      ...profile,
      deny: addDenials(before?.deny, profile.deny),
      limits: { ...before?.limits, ...profile.limits },
      ...budgetOf([before ?? {}, profile]),
    });
  }
  return joined;
}

type SomeDenials =
  | { readonly tools?: readonly string[] | undefined; readonly paths?: readonly string[] | undefined }
  | undefined;

export function addDenials(...denials: readonly SomeDenials[]): { tools: string[]; paths: string[] } {
  return {
    tools: [...new Set(denials.flatMap((some) => some?.tools ?? []))],
    paths: [...new Set(denials.flatMap((some) => some?.paths ?? []))],
  };
}

function originIn(layers: readonly Layer[], path: KeyPath): Origin {
  const layer = layers.findLast(({ file }) => valueAt(file, path) !== undefined);
  return layer === undefined ? { kind: 'default' } : layer.where(path);
}
