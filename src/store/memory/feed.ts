import { eventOf } from '../chain.ts';
import { aheadOf, FEED_WINDOW, fitting, MOST_MOVED, noConsumer } from '../feed/bounds.ts';
import type { Consumer, ConsumerAck, FeedPage, FeedQuery, Moved } from '../port.ts';
import { consumerKey, type MemoryData } from './data.ts';

export function feedPage(data: MemoryData, query: FeedQuery): FeedPage {
  const { after, limit } = query;
  const head = data.feed.length;
  const end = Math.min(head, after + FEED_WINDOW);
  const found: { readonly place: number; readonly session: string; readonly body: string }[] = [];
  for (let place = after + 1; place <= end && found.length < limit; place++) {
    const { session = '', seq = 0 } = data.feed[place - 1] ?? {};
    const body = data.sessions.get(session)?.events[seq - 1];
    if (body !== undefined && matches(data, query, { session, body })) found.push({ place, session, body });
  }
  const taken = found.slice(0, fitting(found.map(({ body }) => body.length)));
  const isAll = taken.length === found.length && found.length < limit;
  return {
    events: taken.map(({ place, session, body }) => ({ place, event: eventOf(session, body) })),
    place: isAll ? Math.max(after, end) : (taken.at(-1)?.place ?? after),
    head,
  };
}

function matches(
  data: MemoryData,
  { owner, folder, sessions, types }: FeedQuery,
  { session, body }: { readonly session: string; readonly body: string },
): boolean {
  const kept = data.sessions.get(session);
  return (
    kept?.owner === owner &&
    (folder === undefined || kept.row.folder === folder) &&
    (sessions === undefined || sessions.includes(session)) &&
    (types === undefined || types.includes((JSON.parse(body) as { type: string }).type))
  );
}

export function movedBehind(data: MemoryData, owner: string, after: number): Moved | undefined {
  const head = data.feed.length;
  if (after > head || head - after > MOST_MOVED) return undefined;
  const sessions = new Set(data.feed.slice(after).map(({ session }) => session));
  return {
    sessions: [...sessions].filter((session) => data.sessions.get(session)?.owner === owner),
    erased: [...data.tombstones]
      .filter(([, tombstone]) => tombstone.owner === owner && tombstone.place >= after)
      .map(([session]) => session),
  };
}

export function keepConsumer(data: MemoryData, consumer: Omit<Consumer, 'ackedAt'>): Consumer {
  const key = consumerKey(consumer.identity, consumer.name);
  const known = data.consumers.get(key);
  if (known !== undefined) return known;
  const place = Math.min(consumer.place, data.feed.length);
  const kept = { ...consumer, filter: structuredClone(consumer.filter), place };
  data.consumers.set(key, kept);
  return kept;
}

export function ackConsumer(data: MemoryData, { identity, name, place, at }: ConsumerAck): Consumer {
  const key = consumerKey(identity, name);
  const known = data.consumers.get(key);
  if (known === undefined) throw noConsumer(name);
  const head = data.feed.length;
  if (place > head) throw aheadOf(head, place);
  if (place <= known.place) return known;
  const moved = { ...known, place, ackedAt: at };
  data.consumers.set(key, moved);
  return moved;
}

export function consumersOf(data: MemoryData, identity: string | undefined): Consumer[] {
  return [...data.consumers]
    .filter(([, consumer]) => identity === undefined || consumer.identity === identity)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, consumer]) => consumer);
}
