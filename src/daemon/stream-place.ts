// Places as server-sent events carry them, in `id` and `Last-Event-ID`: a number for a session (behind an event) and for the list, a
// number for each session of a subtree. Frames of streaming text have no id: they are told again, and say by their offset what is known.
import {
  CarrelError,
  SubtreeFrom,
  type FollowFrom,
  type FollowItem,
  type ListFrom,
} from '../protocol/index.ts';
import type { Caller } from './caller.ts';

/** Of one id. A header that is larger is refused on its way back. */
const MOST_ID = 8 * 1024;

/**
 * Where to begin in a session, from a header or a query. `invalid_params` for what is no place, `cursor_invalid` for one of another
 * journal; what `session/get` refuses.
 */
export async function sessionPlace(
  caller: Caller,
  session: string,
  text: string | undefined,
): Promise<FollowFrom> {
  await caller.call('session/get', { session });
  if (text === undefined) return {};
  const [, digits, hash] = /^(\d{1,15})(?:-([0-9a-f]{16}))?$/.exec(text) ?? [];
  if (digits === undefined)
    throw new CarrelError('invalid_params', `${JSON.stringify(text)} is no place: a number, or number-hash`);
  const after = Number(digits);
  const head = await caller.link.call('session/cursor', { session });
  const kept = after >= head.seq ? head : await caller.link.call('session/cursor', { session, seq: after });
  if (kept.seq === after && (hash ?? kept.hash) === kept.hash) return { after };
  const message = `the place ${text} is not of this journal: read again from the start`;
  throw new CarrelError('cursor_invalid', message, { data: { session, common: 0 } });
}

export function sessionId(item: FollowItem): string | undefined {
  return 'seq' in item && item.type !== 'delta' ? String(item.seq) : undefined;
}

/** `BELOW=SEQ` for each session, by what its id has behind that of the topmost; that one's own is empty: `=12,.a=4`. */
export function subtreePlace(session: string, text: string | undefined): SubtreeFrom {
  if (text === undefined) return {};
  const pairs = text.split(',').map((pair) => /^([.\da-z]*)=(\d{1,15})$/.exec(pair));
  if (pairs.includes(null))
    throw new CarrelError('invalid_params', 'this is no place in a subtree: give an id of its stream back');
  const places = pairs.map((pair) => [`${session}${pair?.[1] ?? ''}`, { after: Number(pair?.[2]) }] as const);
  const checked = SubtreeFrom.safeParse({ places: Object.fromEntries(places) });
  if (checked.success) return checked.data;
  throw new CarrelError('invalid_params', 'this is no place in a subtree: a name in it is none of a session');
}

/**
 * Gives the id behind each item, from where the reader began. `limit_reached` when the subtree is too large for one: WebSockets have
 * no such bound.
 */
export function subtreeId(
  session: string,
  { places = {} }: SubtreeFrom,
): (item: FollowItem) => string | undefined {
  const seen = new Map(Object.entries(places).map(([id, { after = 0 }]) => [id, after]));
  return (item) => {
    if (!('seq' in item) || item.type === 'delta') return undefined;
    seen.set(item.session, item.seq);
    const id = [...seen].map(([one, seq]) => `${one.slice(session.length)}=${String(seq)}`).join(',');
    if (id.length <= MOST_ID) return id;
    const message = `${String(seen.size)} sessions are too many for an event stream that can be taken up again: follow over a WebSocket`;
    throw new CarrelError('limit_reached', message, { data: { limit: MOST_ID } });
  };
}

export function listPlace(text: string | undefined): ListFrom {
  if (text === undefined) return {};
  if (/^\d{1,15}$/.test(text)) return { place: Number(text) };
  throw new CarrelError('invalid_params', `${JSON.stringify(text)} is no place in the list: a number`);
}

export function listId(item: FollowItem): string | undefined {
  return item.type === 'current' && 'place' in item ? String(item.place) : undefined;
}
