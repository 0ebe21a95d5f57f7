import type { Detail } from './chunk.ts';

/** Members that arrive in pieces; of all others the last word counts. */
const GROWING = ['text', 'summary', 'data'];

/** Joins the pieces of one detail, which have its index and type; the whole must go back unchanged. */
export function mergeDetails(details: readonly Detail[], pieces: readonly Detail[]): readonly Detail[] {
  const merged = [...details];
  for (const piece of pieces) {
    const at = merged.findIndex(
      (detail) =>
        detail['type'] === piece['type'] &&
        detail['index'] === piece['index'] &&
        detail['index'] !== undefined,
    );
    const before = merged[at];
    if (before === undefined) merged.push(piece);
    else merged[at] = { ...before, ...joined(before, piece) };
  }
  return merged;
}

function joined(before: Detail, piece: Detail): Detail {
  const said = Object.entries(piece).filter(([, value]) => value !== null);
  return Object.fromEntries(
    said.map(([key, value]) => {
      const start = before[key];
      const grows = GROWING.includes(key) && typeof start === 'string' && typeof value === 'string';
      return [key, grows ? start + value : value];
    }),
  );
}
