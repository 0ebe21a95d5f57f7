// Where a page of a list ended: the sort key of its last row, so that the next page is right whatever moved meanwhile.
import { CarrelError } from '../protocol/errors.ts';
import type { ListQuery } from './port.ts';

/** Lists are in this order: later `updatedAt` first, then `session`. */
export interface ListPlace {
  readonly updatedAt: number;
  readonly session: string;
}

export function placeToken({ updatedAt, session }: ListPlace): string {
  return `${updatedAt}:${session}`;
}

/** Throws `invalid_params` for a token that no page gave. */
export function placeOf(token: string): ListPlace {
  const [, updatedAt, session] = /^(\d{1,16}):(.+)$/.exec(token) ?? [];
  if (updatedAt !== undefined && session !== undefined) return { updatedAt: Number(updatedAt), session };
  throw new CarrelError(
    'invalid_params',
    `"${token}" is no place in a list: pass \`next\` of the page before.`,
  );
}

/** Whether anything but the owner narrows the list. */
export function isNarrowed({ folder, name, status, parent, text, tags }: ListQuery): boolean {
  const conditions = [folder, name, status, parent, text, tags && Object.keys(tags)[0]];
  return conditions.some((condition) => condition !== undefined);
}
