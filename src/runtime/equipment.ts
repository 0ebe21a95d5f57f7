// What the sessions of one folder work with. A host serves many folders, and each may have models, tools and permissions of its own.
import type { Models } from '../model/index.ts';
import type { Grant, Profile } from '../protocol/index.ts';
import { createTools, type Tools } from '../tool/index.ts';

export interface Equipment {
  readonly models: Models;
  readonly tools: Tools;
  /** By name; `create` and children choose among them. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Permissions that hold for every session of the folder. */
  readonly grants: () => readonly Grant[];
  /** What `auto` stands for as the name of a model, and why; throws `model_unavailable`. Without it `auto` is no model. */
  readonly auto?: () => { readonly model: string; readonly why: string };
  /** What was to give tools and gives none, and why. */
  readonly problems?: readonly { readonly name: string; readonly problem: string }[];
  /** The key that a provider would be asked with. It is compared, and never shown. */
  readonly keyOf?: (provider: string) => string | undefined;
}

/** Of a folder that nobody can say anything about: nothing runs there, and whoever asks a model hears why. */
export function unusable(problem: Error): Equipment {
  const resolve = async (): Promise<never> => {
    throw problem;
  };
  return {
    models: { resolve, list: () => [] },
    tools: createTools([]),
    profiles: new Map(),
    grants: () => [],
  };
}
