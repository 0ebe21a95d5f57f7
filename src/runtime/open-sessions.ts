import type { SessionSummary } from '../protocol/index.ts';
import type { Scope } from './scope.ts';

/** Sessions to be taken up when a host starts: those marked to run on start in the order of their marking, and the others. */
export async function openSessions({ clock, owner, store }: Scope): Promise<{
  readonly marked: readonly string[];
  readonly others: readonly string[];
}> {
  const due = await store.due({ now: clock.now(), open: true, limit: Number.MAX_SAFE_INTEGER });
  const own = due.filter((row) => row.owner === owner);
  const marked = own.filter(isMarked).toSorted((a, b) => a.runOnStartAt - b.runOnStartAt);
  const others = own.filter((row) => !isMarked(row));
  return { marked: marked.map(({ session }) => session), others: others.map(({ session }) => session) };
}

function isMarked(row: SessionSummary): row is SessionSummary & { readonly runOnStartAt: number } {
  return row.runOnStartAt !== undefined;
}
