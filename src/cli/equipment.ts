// What the sessions of each folder work with, made of the configuration in force there. The files that say so are looked at before
// each use, so that a host that lives for weeks goes by what they say now: a provider that was just set up, a project that is just
// trusted, or no longer.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { configuredGrants, openGrants, PROJECT_CONFIG, type Grants, type Home } from '../config/index.ts';
import type { Equipment } from '../host/index.ts';
import { createTools, type Tools } from '../tool/index.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';
import { autoModel, loadSetting, secretNames, secretValues, type Setting } from './setting.ts';
import { openToolSet, type ToolSet } from './tool-set.ts';

/** Folders that are remembered; one more costs the oldest its place, and is read again. */
const FOLDERS = 256;

interface Known {
  readonly stamp: string;
  readonly equipment: Promise<Equipment>;
}

interface Tooling {
  readonly set: ToolSet;
  readonly tools: Tools;
}

/** Hears the keys that were found, before anything is done with them. */
export type OnSecrets = (values: readonly string[]) => void;

/** Disposing ends the processes of all tools. */
export class FolderEquipment implements AsyncDisposable {
  readonly #invocation: Invocation;
  readonly #home: Home;
  readonly #grants: Grants;
  readonly #onSecrets: OnSecrets;
  readonly #known = new Map<string, Known>();
  /** By what they are made of: folders without tools of their own share one. */
  readonly #toolings = new Map<string, Promise<Tooling>>();

  constructor(invocation: Invocation, home: Home, onSecrets: OnSecrets = () => undefined) {
    this.#invocation = invocation;
    this.#home = home;
    this.#onSecrets = onSecrets;
    this.#grants = openGrants(home, (text) => note(invocation, 'warn', text));
  }

  /** Rejects with `invalid_params` as long as a file that counts there cannot be used. */
  of(folder: string): Promise<Equipment> {
    const stamp = stampOf([this.#home.config, this.#home.trusted, join(folder, PROJECT_CONFIG)]);
    const known = this.#known.get(folder);
    if (known?.stamp === stamp) return known.equipment;
    const equipment = this.#make(folder);
    equipment.catch(() => this.#known.delete(folder));
    this.#known.delete(folder);
    this.#known.set(folder, { stamp, equipment });
    const [oldest] = this.#known.keys();
    if (this.#known.size > FOLDERS && oldest !== undefined) this.#known.delete(oldest);
    return equipment;
  }

  saveGrant: Grants['add'] = (grant) => this.#grants.add(grant);

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tooling of this.#toolings.values())
      await tooling.then(({ set }) => set[Symbol.asyncDispose]());
  }

  async #make(folder: string): Promise<Equipment> {
    const setting = loadSetting(this.#invocation, folder);
    this.#onSecrets(secretValues(setting));
    const { set, tools } = await this.#tooling(setting);
    const configured = configuredGrants(setting.config);
    return {
      models: setting.models,
      tools,
      profiles: setting.profiles,
      grants: () => [...configured, ...this.#grants.list()],
      auto: () => autoModel(setting),
      problems: set.problems.map(({ module, message }) => ({ name: module, problem: message })),
      keyOf: (wanted) => setting.providers.find(({ name }) => name === wanted)?.apiKey,
    };
  }

  #tooling(setting: Setting): Promise<Tooling> {
    const { toolModules, limits } = setting.config;
    const key = JSON.stringify([
      toolModules,
      limits.toolProcesses,
      limits.toolMemoryMb,
      secretNames(setting).toSorted((a, b) => a.localeCompare(b)),
    ]);
    const known = this.#toolings.get(key);
    if (known !== undefined) return known;
    const tooling = this.#openTooling(setting);
    this.#toolings.set(key, tooling);
    return tooling;
  }

  async #openTooling(setting: Setting): Promise<Tooling> {
    const set = await openToolSet(this.#invocation, setting);
    for (const { module, message } of set.problems) note(this.#invocation, 'warn', `${module}: ${message}`);
    return { set, tools: createTools(set.tools) };
  }
}

/** Another one whenever a file was written, replaced, made or removed. */
function stampOf(paths: readonly string[]): string {
  return paths
    .map((path) => {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
      return stat === undefined ? '-' : `${String(stat.ino)}:${String(stat.size)}:${String(stat.mtimeNs)}`;
    })
    .join(' ');
}
