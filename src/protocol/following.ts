// What is followed beside one session: a session with all that it spawned, and the list of all sessions.
import { z } from 'zod';
import type { ViewItem } from './frames.ts';
import { SessionId } from './ids.ts';
import { FollowFrom } from './methods.ts';
import { SessionSummary } from './summary.ts';

/** Sessions whose places one request may name. */
const MOST_PLACES = 10_000;

/** From where to follow a subtree: a place for each session of it that was seen before; every other is told from its start. */
export const SubtreeFrom = z.strictObject({
  places: z
    .record(SessionId, FollowFrom)
    .refine((places) => Object.keys(places).length <= MOST_PLACES, `at most ${String(MOST_PLACES)} places`)
    .optional(),
});
export type SubtreeFrom = z.infer<typeof SubtreeFrom>;

/** From where to follow the list: the place of a `current` that was told before, so that only what changed since is told. */
export const ListFrom = z.strictObject({ place: z.int().nonnegative().optional() });
export type ListFrom = z.infer<typeof ListFrom>;

/**
 * What a follower of the list is told. `whole`: forget what is known, every row follows. `row`: a session as it is now, which may
 * stand for many changes. `removed`: it was erased. `current`: all of the above is as of now; following from this place later
 * tells what changes until then.
 */
export const ListItem = z.union([
  z.object({ type: z.literal('whole') }),
  z.object({ type: z.literal('row'), row: SessionSummary }),
  z.object({ type: z.literal('removed'), session: SessionId }),
  z.object({ type: z.literal('current'), place: z.int().nonnegative() }),
]);
export type ListItem = Readonly<z.infer<typeof ListItem>>;

/** Whatever a follower is told. */
export type FollowItem = ViewItem | ListItem;
export const FollowItem = z.custom<FollowItem>((value) => typeof value === 'object' && value !== null);
