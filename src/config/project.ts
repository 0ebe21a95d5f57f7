// A project's configuration arrives with code that somebody else wrote. Until its folder is trusted it may choose among what
// the user has set up and tighten bounds; it adds no server, key, prompt, tool or permission, and weakens nothing.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigFile } from '../protocol/index.ts';
import { stripControls } from '../base/index.ts';
import { checkDocument } from './check.ts';
import { parseDocument } from './document.ts';
import { errorCode, readSmallFile } from './files.ts';
import { PROJECT_CONFIG, type Home } from './home.ts';
import { keyText, leaves, valueAt, type KeyPath, type Leaf } from './key.ts';
import type { Config, Layer } from './layers.ts';
import type { Notice } from './state.ts';
import { trustOf } from './trust.ts';

/** The layer of a folder's project file, if there is one: all of it when trusted, else what is harmless, with a notice of the rest. */
export function projectLayer(
  place: { home: Home; folder: string },
  below: Config,
  notice: Notice,
): Layer | undefined {
  const path = join(place.folder, PROJECT_CONFIG);
  const content = readSmallFile(path);
  if (content === undefined || isSameFile(path, place.home.config)) return undefined;
  const document = parseDocument(path, content.bytes);
  const file = checkDocument(document, 'project');
  const where = document.where;
  const trust = trustOf(place.home, place.folder, { content: content.bytes, notice });
  if (trust === 'trusted') return { file, where };
  const { kept, ignored } = sift(file, below);
  if (ignored.length > 0) notice(ignoredNotice(path, ignored, trust === 'changed'));
  return { file: kept, where };
}

function sift(file: ConfigFile, below: Config): { kept: ConfigFile; ignored: readonly string[] } {
  const all = leaves(file);
  const kept = all.filter((leaf) => isHarmless(leaf, below));
  const ignored = all.filter((leaf) => !kept.includes(leaf)).map((leaf) => keyText(leaf.path));
  return { kept: kept.reduce<ConfigFile>((into, leaf) => put(into, leaf.path, leaf.value), {}), ignored };
}

function isHarmless({ setting, path, value }: Leaf, below: Config): boolean {
  if (setting.project !== 'lower') return setting.project === 'free';
  const current = valueAt(below, path);
  if (typeof value !== 'number' || typeof current !== 'number') return false;
  // 0 sets no bound where it is allowed at all: nothing is above it.
  return value === current || (value !== 0 && (current === 0 || value < current));
}

function put<T extends object>(into: T, [first, ...rest]: KeyPath, value: unknown): T {
  if (first === undefined) return into;
  const inner = (into as Record<string | number, object | undefined>)[first] ?? {};
  return { ...into, [first]: rest.length === 0 ? value : put(inner, rest, value) };
}

const MAX_NAMED = 8;

function ignoredNotice(path: string, ignored: readonly string[], changed: boolean): string {
  const named = ignored.slice(0, MAX_NAMED).join(', ');
  const more = ignored.length > MAX_NAMED ? ` and ${ignored.length - MAX_NAMED} more` : '';
  const why = changed ? 'has changed since it was trusted' : 'is not trusted';
  return stripControls(
    `${path} ${why}; ignored: ${named}${more}. Read the file, then run \`carrel trust\` to use all of it.`,
  );
}

/** A home may lie where a project's file is looked for, as `~/.carrel` does in `~`. */
function isSameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
