// Defaults, the home's file, the project's file, the environment, flags: in this order, the later wins.
import { platform } from 'node:os';
import { invariant } from '../base/index.ts';
import { checkDocument } from './check.ts';
import { parseDocument, type Document } from './document.ts';
import { readSmallFile } from './files.ts';
import type { Environment, Home } from './home.ts';
import { keyPath, keyText } from './key.ts';
import { joinLayers, type Config, type Layer } from './layers.ts';
import type { Origin } from './problem.ts';
import { projectLayer } from './project.ts';
import { SETTINGS, type Setting } from './settings.ts';
import { fromText } from './value.ts';

export interface LoadOptions {
  readonly home: Home;
  /** Whose project file counts; none without it. Only this folder is looked at, not those above it. */
  readonly folder?: string;
  readonly env: Environment;
  /** By the key of their setting, as text or as a value. */
  readonly flags?: Readonly<Record<string, string | number>>;
}

/**
 * One validated configuration. `invalid_params` for the first source that cannot be read, is malformed or holds a wrong value,
 * with all its problems and their places; nothing is used then. Writes nothing, but for a damaged list of trusted folders,
 * which is moved aside.
 */
export function loadConfig(options: LoadOptions): Config {
  const notices: string[] = [];
  const notice = (text: string): number => notices.push(text);
  const layers: Layer[] = homeLayers(options.home, notice);
  if (options.folder !== undefined) {
    const below = joinLayers(layers, []);
    const project = projectLayer({ home: options.home, folder: options.folder }, below, notice);
    if (project !== undefined) layers.push(project);
  }
  layers.push(checked(fromEnvironment(options.env)), checked(fromFlags(options.flags ?? {})));
  return joinLayers(layers, notices);
}

function homeLayers(home: Home, notice: (text: string) => void): Layer[] {
  const content = readSmallFile(home.config);
  if (content === undefined) return [];
  const layer = checked(parseDocument(home.config, content.bytes));
  const holdsKey = Object.values(layer.file.providers ?? {}).some(
    (provider) => provider.apiKey !== undefined,
  );
  // Windows keeps access lists and reports bits that mean nothing.
  if (holdsKey && platform() !== 'win32' && (content.mode & 0o077) !== 0) {
    notice(`${home.config} holds a key and others may read it; run: chmod 600 ${home.config}`);
  }
  return [layer];
}

function checked(document: Document): Layer {
  return { file: checkDocument(document, 'home'), where: document.where };
}

interface Given {
  readonly setting: Setting;
  readonly value: unknown;
  readonly origin: Origin;
}

function fromEnvironment(env: Environment): Document {
  return assemble(
    SETTINGS.flatMap((setting): Given[] => {
      const name = setting.env ?? '';
      const text = env[name] ?? '';
      if (name === '' || text.trim() === '') return [];
      return [
        {
          setting,
          value: fromText(setting, text),
          origin: { kind: 'environment', name },
        },
      ];
    }),
  );
}

function fromFlags(flags: Readonly<Record<string, string | number>>): Document {
  return assemble(
    Object.entries(flags).map(([key, given]): Given => {
      const setting = SETTINGS.find((row) => row.key === key);
      const name = setting?.flag;
      invariant(setting !== undefined && name !== undefined, `no flag sets ${key}`);
      const value = typeof given === 'string' ? fromText(setting, given) : given;
      return { setting, value, origin: { kind: 'flag', name } };
    }),
  );
}

function assemble(given: readonly Given[]): Document {
  const value: Record<string, unknown> = {};
  for (const { setting, value: own } of given) {
    put(value, keyPath(setting.key), own);
  }
  const origins = new Map(given.map(({ setting, origin }) => [setting.key, origin]));
  return { value, where: (path) => origins.get(keyText(path)) ?? { kind: 'default' } };
}

function put(into: Record<string, unknown>, [first = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) into[first] = value;
  else put((into[first] ??= {}) as Record<string, unknown>, rest, value);
}
