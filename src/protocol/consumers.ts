// Durable consumers: a name for a place in the feed of all events, kept until whoever reads it says what is done.
import { z } from 'zod';
import type { SessionEvent } from './events/index.ts';
import { SessionId, SessionName } from './ids.ts';
import { At } from './values.ts';

/** A place in the feed: all events of a home, in the order in which they were committed. 0 is before the first; there are gaps. */
const FeedPlace = z.int().nonnegative();
const MOST_NAMED = 1_000;
const MOST_EVENTS = 1_000;
/** Shorter than the 8 s after which a caller may think that nobody answers. */
const LONGEST_WAIT_MS = 5_000;

/** Which events it is given; every condition narrows. */
export const ConsumerFilter = z.strictObject({
  types: z.array(z.string().min(1).max(64)).max(MOST_NAMED).optional(),
  sessions: z.array(SessionId).max(MOST_NAMED).optional(),
  folder: z.string().min(1).optional(),
});
export type ConsumerFilter = z.infer<typeof ConsumerFilter>;

export const ConsumerRow = z.object({
  name: SessionName,
  filter: ConsumerFilter,
  /** Everything up to here is acknowledged. */
  place: FeedPlace,
  /** The last place of the feed. */
  head: FeedPlace,
  createdAt: At,
  ackedAt: At.optional(),
});
export type ConsumerRow = z.infer<typeof ConsumerRow>;

export const ConsumerCreate = z.strictObject({
  name: SessionName,
  filter: ConsumerFilter.optional(),
  /** Default `now`: what is committed from here on. */
  from: z.union([z.enum(['start', 'now']), FeedPlace]).optional(),
});

export const ConsumerRead = z.strictObject({
  name: SessionName,
  limit: z.int().positive().max(MOST_EVENTS),
  /** Default what was acknowledged last. */
  after: FeedPlace.optional(),
  /** How long to wait for something when there is nothing; default not at all. */
  waitMs: z.int().nonnegative().max(LONGEST_WAIT_MS).optional(),
});

/** A page of the feed. Acknowledge its `place` once everything in it is done: also that of an empty page. */
export const ConsumerPage = z.object({
  events: z
    .array(
      z.object({
        place: FeedPlace,
        event: z.custom<SessionEvent>((value) => typeof value === 'object' && value !== null),
      }),
    )
    .readonly(),
  place: FeedPlace,
  head: FeedPlace,
});
export type ConsumerPage = z.infer<typeof ConsumerPage>;

export const ConsumerNamed = z.strictObject({ name: SessionName });
export const ConsumerAcked = ConsumerNamed.extend({ place: FeedPlace });
