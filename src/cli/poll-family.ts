// Follows a session and everything below it, as it grows.
import type { ViewItem } from '../protocol/index.ts';
import type { StoreReader } from '../store/index.ts';
import { OWNER } from './owner.ts';
import { pollSession, pollSummary, type PollOptions } from './poll.ts';

/** Children of one session that are followed when it is joined late; newer ones come by its events. */
const CHILDREN = 500;

export interface FamilyOptions extends PollOptions {
  /** Events of each one that was there before, from its end; `Infinity` for all. */
  readonly last: number;
}

/** Calls `show` for every item, in the order of each session, until the signal aborts. Rejects with the first failure, and ends the rest. */
export async function pollFamily(
  reader: StoreReader,
  options: FamilyOptions,
  show: (item: ViewItem) => void,
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const followed = new Map<string, Promise<void>>();
  const follow = async ({ session, after }: Pick<PollOptions, 'session' | 'after'>): Promise<void> => {
    const read = () => reader.summary(OWNER, session);
    // Its parent names a child before it exists.
    if ((await pollSummary(read, (row) => row !== undefined, { ...options, signal })) === undefined) return;
    for await (const item of pollSession(reader, { ...options, session, after, signal })) {
      show(item);
      if (item.type === 'child.started') begin({ session: item.data.child, after: 0 });
    }
  };
  const begin = (place: Pick<PollOptions, 'session' | 'after'>): void => {
    if (followed.has(place.session)) return;
    const following = follow(place).catch((error: unknown) => failed.abort(error));
    followed.set(place.session, following);
  };
  const join = async (session: string): Promise<void> => {
    const { sessions } = await reader.list({ owner: OWNER, parent: session, limit: CHILDREN });
    for (const row of sessions) {
      begin({ session: row.session, after: Math.max(0, row.seq - options.last) });
      await join(row.session);
    }
  };
  // With all of it, each is met where its parent names it.
  if (options.last < Infinity) await join(options.session);
  begin(options);
  for (const following of followed.values()) await following;
  if (failed.signal.aborted) throw failed.signal.reason;
}
