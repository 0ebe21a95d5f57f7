// A child's id is in its parent's journal before the child exists, so the pure core chooses it: without randomness, and so that no
// two calls of any two sessions choose the same. The ids of sessions at the top hold no dot.

/**
 * The parent's id and where the call stands in its journal. Within the 64 characters of an id there is room for five generations,
 * of journals with less than two thousand million events.
 */
export function childId(parent: string, callSeq: number): string {
  return `${parent}.${callSeq.toString(36)}`;
}

/** Whether the session was spawned by this one or by one below it. */
export function isBelow(session: string, top: string): boolean {
  return session.startsWith(`${top}.`);
}

/** Of a child: who spawned it, and where the call stands in that one's journal. */
export function birthOf(child: string): { readonly parent: string; readonly callSeq: number } {
  const dot = child.lastIndexOf('.');
  return { parent: child.slice(0, dot), callSeq: Number.parseInt(child.slice(dot + 1), 36) };
}
