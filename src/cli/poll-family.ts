// Follows a session and everything below it, as it grows.
import type { ViewItem } from '../protocol/index.ts';
import type { StoreReader } from '../store/index.ts';
import { OWNER } from './owner.ts';
import { pollSession, pollUntil, type PollOptions } from './poll.ts';

export interface FamilyOptions extends Omit<PollOptions, 'after'> {
  /** Those that are followed from the start, the session among them, and from where; newer ones come by their events. */
  readonly places: ReadonlyMap<string, { readonly seq: number }>;
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
    if ((await pollUntil(read, (row) => row !== undefined, { ...options, signal })) === undefined) return;
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
  for (const [session, { seq }] of options.places) begin({ session, after: seq });
  for (const following of followed.values()) await following;
  if (failed.signal.aborted) throw failed.signal.reason;
}
