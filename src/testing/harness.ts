// A whole host in one process, on a memory store, a scripted model and manual time: the shortest way to a running session.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '../base/index.ts';
import { DEFAULT_SESSION_LIMITS } from '../config/index.ts';
import {
  nearLink,
  openHost,
  type CreateOptions,
  type Host,
  type HostLimits,
  type HostOptions,
  type SessionHandle,
} from '../host/index.ts';
import {
  createModels,
  scriptedModel,
  type ScriptedModel,
  type ScriptedModelOptions,
} from '../model/index.ts';
import type { Grant, Link, Profile, SessionLimits } from '../protocol/index.ts';
import { createMemoryStore, type Store } from '../store/index.ts';
import { createTools, type Tool } from '../tool/index.ts';
import { manualClock, type ManualClock } from './manual-clock.ts';

export interface TestHostOptions {
  /** What the scripted model answers; default nothing, so that a request fails. */
  readonly answers?: ScriptedModelOptions['answers'];
  /** Instead of a model made of `answers`. */
  readonly model?: ScriptedModel;
  /** All of them are in the profile; default none. */
  readonly tools?: readonly Tool[];
  /** Default a new memory store. The host closes it. */
  readonly store?: Store;
  /** Default one of its own. */
  readonly clock?: ManualClock;
  /** Changes to the profile `default`, which otherwise allows everything and has the default limits. */
  readonly profile?: Partial<Omit<Profile, 'limits'>> & { readonly limits?: Partial<SessionLimits> };
  /** Other profiles by name: as `default`, but for these. */
  readonly profiles?: Readonly<Record<string, Partial<Profile>>>;
  readonly limits?: Partial<HostLimits>;
  readonly recover?: HostOptions['recover'];
  readonly instructions?: HostOptions['instructions'];
  /** Permissions that hold for every session; those given for good are added. Default none, and none is kept. */
  readonly grants?: Grant[];
  /** Resident memory of the process; default little. */
  readonly memoryBytes?: () => number;
  readonly observe?: HostOptions['observe'];
  /** Where notifications go; default nowhere. */
  readonly receivers?: HostOptions['receivers'];
}

export interface TestHost extends AsyncDisposable {
  readonly host: Host;
  readonly store: Store;
  readonly model: ScriptedModel;
  readonly clock: ManualClock;
  /** A folder of its own, removed in the end. */
  readonly folder: string;
  /** What the host reported as faults. */
  readonly faults: readonly { readonly what: string; readonly session?: string; readonly error: unknown }[];
  /** Creates a session in the folder. */
  session(options?: Partial<CreateOptions>): Promise<SessionHandle>;
  /** Its methods, as a transport carries them out; `identity` as for a near link. */
  link(identity?: string): Link;
}

function profilesOf(options: TestHostOptions, model: string): ReadonlyMap<string, Profile> {
  const main = profileOf(options, model);
  const others = Object.entries(options.profiles ?? {}).map(
    ([name, change]) => [name, { ...main, ...change, name }] as const,
  );
  return new Map([['default', main], ...others]);
}

function profileOf({ profile = {}, tools = [] }: TestHostOptions, model: string): Profile {
  return {
    name: 'default',
    prompt: 'You are being tested.',
    model,
    tools: tools.map((tool) => tool.name),
    mode: 'full',
    recovery: 'continue',
    continueOnLength: false,
    haltOnDenied: false,
    deny: { tools: [], paths: [] },
    ...profile,
    limits: { ...DEFAULT_SESSION_LIMITS, ...profile.limits },
  };
}

function kept(grants: Grant[]): Pick<HostOptions, 'grants' | 'saveGrant'> {
  return { grants: () => grants, saveGrant: (grant) => Promise.resolve(void grants.push(grant)) };
}

/** Disposing closes the host, and with it the store, and removes the folder. */
export async function openTestHost(options: TestHostOptions = {}): Promise<TestHost> {
  const { store = createMemoryStore(), clock = manualClock(), tools = [] } = options;
  const { limits, recover, grants, observe } = options;
  const model = options.model ?? scriptedModel({ answers: options.answers ?? [] });
  const folder = await mkdtemp(join(tmpdir(), 'carrel-test-'));
  const faults: TestHost['faults'][number][] = [];
  const host = await openHost({
    store,
    clock,
    models: createModels({ providers: [], models: [model], clock }),
    tools: createTools(tools),
    profiles: profilesOf(options, model.id),
    onFault: (fault) => faults.push(fault),
    ...(limits === undefined ? {} : { limits }),
    ...(grants === undefined ? {} : kept(grants)),
    ...(observe === undefined ? {} : { observe }),
    memoryBytes: options.memoryBytes ?? (() => 0),
    receivers: options.receivers ?? [],
    ...(recover === undefined ? {} : { recover }),
    ...(options.instructions === undefined ? {} : { instructions: options.instructions }),
  });
  return {
    host,
    store,
    model,
    clock,
    folder,
    faults,
    session: (change) => host.create({ folder, ...change }),
    link: (identity) =>
      nearLink(host, { clock, random: systemRandom, ...(identity === undefined ? {} : { identity }) }),
    async [Symbol.asyncDispose]() {
      await host.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
