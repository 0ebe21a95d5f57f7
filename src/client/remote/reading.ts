// What a reader has seen, so that it can be followed on over the next connection: the only difference between following a session,
// a subtree and the list.
import type {
  FollowFrom,
  FollowItem,
  ListFrom,
  ListItem,
  SubtreeFrom,
  ViewItem,
} from '../../protocol/index.ts';
import { Place } from '../../session/index.ts';

export interface Reading<T extends FollowItem> {
  readonly method: 'session/follow' | 'subtree/follow' | 'list/follow';
  /** For errors. */
  readonly what: string;
  /** Of a subscription from here on. */
  params(): object;
  /** What of these is new; they count as seen from then on. */
  take(items: readonly T[]): readonly T[];
}

export function sessionReading(session: string, from: FollowFrom): Reading<ViewItem> {
  const place = placeOf(from);
  // Of no use once something was seen: then the place is.
  let first: FollowFrom | undefined = from;
  return {
    method: 'session/follow',
    what: `session ${session}`,
    params: () => ({ session, ...(first ?? fromPlace(place)) }),
    take(items) {
      first = undefined;
      return taken(place, items);
    },
  };
}

export function subtreeReading(session: string, { places = {} }: SubtreeFrom): Reading<ViewItem> {
  const seen = new Map<string, Place>();
  const params = (): object => {
    const reached = [...seen].map(([id, place]) => [id, fromPlace(place)] as const);
    return { session, places: { ...places, ...Object.fromEntries(reached) } };
  };
  const placeIn = (id: string): Place => {
    const place = seen.get(id) ?? placeOf(places[id] ?? {});
    seen.set(id, place);
    return place;
  };
  return {
    method: 'subtree/follow',
    what: `the subtree of session ${session}`,
    params,
    take: (items) => items.flatMap((item) => taken(placeIn(item.session), [item])),
  };
}

export function listReading({ place: first }: ListFrom): Reading<ListItem> {
  let place = first;
  return {
    method: 'list/follow',
    what: 'the list',
    params: () => (place === undefined ? {} : { place }),
    take(items) {
      for (const item of items) {
        // Whoever has only begun to hear the whole list has to hear all of it.
        if (item.type === 'whole') place = undefined;
        if (item.type === 'current') place = item.place;
      }
      return items;
    },
  };
}

function placeOf({ cursor, after = 0, parts = {} }: FollowFrom): Place {
  return new Place(cursor ?? { seq: after, parts });
}

function fromPlace({ seq, parts }: Place): FollowFrom {
  return { after: seq, parts: Object.fromEntries(parts) };
}

function taken(place: Place, items: readonly ViewItem[]): readonly ViewItem[] {
  const news = place.takeAll(items);
  place.joined();
  return news;
}
