/** Directories that hold what others made: walks leave them out unless a path or pattern names them, and say so. */
export const SKIPPED: readonly string[] = ['.git', 'node_modules'];

/** Those of them that no part of `wanted` names. */
export function skippedFor(wanted: string): readonly string[] {
  const names = wanted.split('/');
  return SKIPPED.filter((name) => !names.includes(name));
}

export function leftOutNote(names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`left out: ${names.toSorted().join(', ')}`];
}
