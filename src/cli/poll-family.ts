// Follows a session and everything below it, as it grows.
import type { ViewItem } from '../protocol/index.ts';
import type { StoreReader } from '../store/index.ts';
import { OWNER } from './owner.ts';
import { pollSession, pollSummary, type PollOptions } from './poll.ts';

/** Children of one session that are followed when it is joined late; newer ones come by its events. */
const CHILDREN = 500;

/** Calls `show` for every item, in the order of each session, until the signal aborts. Rejects with the first failure, and ends the rest. */
export async function pollFamily(
  reader: StoreReader,
  options: PollOptions,
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
      begin({ session: row.session, after: row.seq });
      await join(row.session);
    }
  };
  if (options.after > 0) await join(options.session);
  begin(options);
  for (const following of followed.values()) await following;
  if (failed.signal.aborted) throw failed.signal.reason;
}
