// A child's id is in its parent's journal before the child exists, so the pure core chooses it: without randomness, and so that no
// two calls of any two sessions choose the same. The ids of sessions at the top hold no dot.

/**
 * The parent's id and where the call stands in its journal. Within the 64 characters of an id there is room for five generations,
 * of journals with less than two thousand million events.
 */
export function childId(parent: string, callSeq: number): string {
  return `${parent}.${callSeq.toString(36)}`;
}
