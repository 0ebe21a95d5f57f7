// What every reader answers in the same way.
import { CarrelError } from '../protocol/errors.ts';
import type { Cursor, SessionSummary } from '../protocol/index.ts';
import { shortHash } from './chain.ts';
import type { AppendGroup, AppendResult, Head, StoreReader } from './port.ts';

export type ReadRange = Parameters<StoreReader['read']>[2];

/** Also for another owner's session: whether it exists is not told. */
export function notFound(session: string): CarrelError {
  return new CarrelError('not_found', `There is no session ${session}.`, { data: { session } });
}

/** The events `from` (exclusive) to `to` (inclusive) of a journal whose last is `head`; `to` is where the page's hash belongs. */
export function pageOf({ after = 0, before, limit }: ReadRange, head: number): { from: number; to: number } {
  if (before === undefined) {
    const from = Math.min(Math.max(0, after), head);
    return { from, to: Math.min(head, from + Math.max(0, limit)) };
  }
  const to = Math.min(Math.max(0, before - 1), head);
  return { from: Math.max(0, to - Math.max(0, limit)), to };
}

/**
 * `hash` is the journal's at the cursor's `seq`, if it gets that far. One hash tells only that the two differ somewhere up to
 * there, so the last place at which they surely agree is the beginning.
 */
export function checkCursor(
  cursor: Cursor,
  hash: Uint8Array | undefined,
): { ok: true } | { ok: false; common: number } {
  const fits = cursor.seq === 0 || (hash !== undefined && shortHash(hash) === cursor.hash);
  return fits ? { ok: true } : { ok: false, common: 0 };
}

/** Where the journals stand that these groups moved: a session's last word counts. */
export function movedBy(groups: readonly AppendGroup[], results: readonly AppendResult[]): Head[] {
  const heads = new Map<string, number>();
  for (const [index, { session, events }] of groups.entries()) {
    const result = results[index];
    if (result?.kind === 'accepted' && events.length > 0) heads.set(session, result.seq);
  }
  return [...heads].map(([session, seq]) => ({ session, seq }));
}

/** For `putSummary`; an append answers `name_taken` instead. */
export function nameTaken(
  { name, folder }: Pick<SessionSummary, 'name' | 'folder'>,
  by: string,
): CarrelError {
  return new CarrelError('already_exists', `The name ${name} is taken in ${folder}, by ${by}.`, {
    data: { by },
  });
}
