// Keys as people write them (`limits.turns`, `providers.local.models."qwen3.5".tools`) and as paths, and the rows they name.
import { SETTINGS, type Setting } from './settings.ts';

export type KeyPath = readonly (string | number)[];

/** The path that a dotted key names; a segment that holds a dot stands in double quotes. */
export function keyPath(key: string): string[] {
  return [...key.matchAll(/"([^"]*)"|([^."]+)/g)].map((match) => match[1] ?? match[2] ?? '');
}

/** The dotted key of a path: `keyPath` turned round. Places in a list stand in brackets. */
export function keyText(path: KeyPath): string {
  const segments = path.map((segment) => {
    if (typeof segment === 'number') return `[${segment}]`;
    return /^[^."\s[\]]+$/.test(segment) ? `.${segment}` : `."${segment}"`;
  });
  return segments.join('').replace(/^\./, '');
}

const PATTERNS = SETTINGS.map((setting) => ({ setting, segments: setting.key.split('.') }));

/** The row of a path, also of a place inside a list. */
export function findSetting(path: KeyPath): Setting | undefined {
  const found = PATTERNS.find(({ setting, segments }) => {
    const inside = setting.kind === 'list' || setting.key.endsWith('.prompt');
    return (
      (inside ? path.length >= segments.length : path.length === segments.length) &&
      startsWith(path, segments)
    );
  });
  return found?.setting;
}

/** The names that are known below `path`, for a hint. */
export function knownBelow(path: KeyPath): readonly string[] {
  const below = PATTERNS.filter(
    ({ segments }) => segments.length > path.length && startsWith(path, segments.slice(0, path.length)),
  );
  return [...new Set(below.map(({ segments }) => segments[path.length] ?? ''))].filter(
    (name) => !isWildcard(name),
  );
}

function startsWith(path: KeyPath, segments: readonly string[]): boolean {
  return segments.every(
    (segment, i) => segment === path[i] || (isWildcard(segment) && typeof path[i] === 'string'),
  );
}

function isWildcard(segment: string): boolean {
  return /^[A-Z]+$/.test(segment);
}

export function valueAt(value: unknown, path: KeyPath): unknown {
  let inner = value;
  for (const segment of path) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, segment)) return undefined;
    inner = (inner as Record<string | number, unknown>)[segment];
  }
  return inner;
}

export interface Leaf {
  readonly path: KeyPath;
  readonly setting: Setting;
  readonly value: unknown;
}

/** Every setting that an object holds, in its order. What the table does not know is left out. */
export function leaves(value: unknown, path: KeyPath = []): readonly Leaf[] {
  const setting = findSetting(path);
  if (setting !== undefined) return [{ path, setting, value }];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => leaves(member, [...path, name]));
}

/** The known name that `name` most likely meant: at most a third of its letters apart. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const far = Math.max(1, Math.floor(name.length / 3));
  const ranked = known.map((candidate) => ({
    candidate,
    apart: distance(name.toLowerCase(), candidate.toLowerCase()),
  }));
  const [best] = ranked.toSorted((a, b) => a.apart - b.apart);
  return best !== undefined && best.apart <= far ? best.candidate : undefined;
}

/** Letters to insert, remove, replace or swap with their neighbour. Long names are cut: the cost is the product of the lengths. */
function distance(from: string, to: string): number {
  const [a, b] = [from.slice(0, 64), to.slice(0, 64)];
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, at(i - 2, j - 2) + 1);
      rows[i]?.push(least);
    }
  }
  return at(a.length, b.length);
}
