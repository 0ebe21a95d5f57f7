// What happens in a session, shown as it happens: told by the daemon as long as one serves, read from the store as long as none does. Which
// of them it was, nobody sees: the place is kept, and each item is shown once.
import type { Client } from '../client/index.ts';
import { codeOf, type ViewItem } from '../protocol/index.ts';
import { Place } from '../session/index.ts';
import type { ListQuery, StoreReader } from '../store/index.ts';
import type { Invocation } from './invocation.ts';
import { OWNER } from './owner.ts';
import { pollFamily } from './poll-family.ts';
import { pollSession, pollUntil } from './poll.ts';
import type { Reading } from './reading.ts';
import { runningClient, serves } from './running.ts';

/** Children of one session that are followed when it is joined late; newer ones come by its events. */
const CHILDREN = 500;

export interface Watched {
  readonly session: string;
  /** Its newest event. */
  readonly seq: number;
  /** Events of each session that are shown although they have happened; `Infinity` for all. */
  readonly last: number;
  /** All that it spawned, too. */
  readonly children: boolean;
  /** One that has aborted already leaves it at what is there. */
  readonly signal: AbortSignal;
}

type Show = (item: ViewItem) => void;

/** Until the signal aborts, or the daemon says that the session was erased. */
export async function watch(
  [invocation, { reader }]: readonly [Invocation, Reading],
  watched: Watched,
  show: Show,
): Promise<void> {
  const { signal } = watched;
  const places = await placesOf(reader, watched);
  const hear: Show = (item) => {
    const place = places.get(item.session) ?? new Place({ seq: 0, parts: {} });
    places.set(item.session, place);
    place.takeAll([item]).forEach(show);
    place.joined();
  };
  do {
    await using client = signal.aborted ? undefined : await runningClient(invocation);
    if (client === undefined) await fromStore([invocation, reader], { ...watched, places }, hear);
    else if (await fromDaemon(client, { ...watched, places }, hear)) return;
  } while (!signal.aborted);
}

type Reached = Watched & { readonly places: ReadonlyMap<string, Place> };

/** Whether it came to its end; false when the daemon is gone. */
async function fromDaemon(client: Client, reached: Reached, hear: Show): Promise<boolean> {
  const { session, children, places, signal } = reached;
  const of = client.session(session);
  const from = new Map(
    [...places].map(([id, { seq, parts }]) => [id, { after: seq, parts: Object.fromEntries(parts) }]),
  );
  try {
    const items = children
      ? of.followSubtree({ places: Object.fromEntries(from), signal })
      : of.follow({ ...from.get(session), signal });
    for await (const item of items) hear(item);
    return true;
  } catch (error) {
    if (codeOf(error) === 'host_unavailable') return false;
    throw error;
  }
}

/** Until a daemon serves, or the signal aborts. */
async function fromStore(
  [invocation, reader]: readonly [Invocation, StoreReader],
  { session, children, places, signal: given }: Reached,
  hear: Show,
): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([given, over.signal]);
  const come = pollUntil(() => serves(invocation), Boolean, { signal });
  const watching = children
    ? pollFamily(reader, { session, places, signal }, hear)
    : each(pollSession(reader, { session, after: places.get(session)?.seq ?? 0, signal }), hear);
  try {
    await Promise.race([come, watching]);
  } finally {
    over.abort();
    await Promise.all([come, watching]);
  }
}

async function each(items: AsyncIterable<ViewItem>, hear: Show): Promise<void> {
  for await (const item of items) hear(item);
}

async function placesOf(
  reader: StoreReader,
  { session, seq: newest, last, children }: Watched,
): Promise<Map<string, Place>> {
  const behind = (seq: number): Place => new Place({ seq: Math.max(0, seq - last), parts: {} });
  const places = new Map([[session, behind(newest)]]);
  const join = async (parent: string): Promise<void> => {
    const query: ListQuery = { owner: OWNER, parent, limit: CHILDREN };
    for (const { session: child, seq } of (await reader.list(query)).sessions) {
      places.set(child, behind(seq));
      await join(child);
    }
  };
  // With all of it, each is met where its parent names it.
  if (children && last < Infinity) await join(session);
  return places;
}
