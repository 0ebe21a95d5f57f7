// What every store says of the feed in the same way: its bounds, and its refusals.
import { CarrelError } from '../../protocol/errors.ts';

/** Places looked at for one page: reading them takes a few milliseconds, in which nothing else of the process moves. */
export const FEED_WINDOW = 1_000;
/** Of the events of one page, UTF-16 units; one that is larger comes alone. */
export const FEED_UNITS = 4 * 1024 * 1024;
/** Behind more than this a list is read again sooner than what has moved is found. */
export const MOST_MOVED = 20_000;

/** How many of these, from the first, fit into a page. */
export function fitting(sizes: readonly number[]): number {
  let units = 0;
  const over = sizes.findIndex((size, index) => (units += size) > FEED_UNITS && index > 0);
  return over < 0 ? sizes.length : over;
}

export function noConsumer(name: string): CarrelError {
  return new CarrelError('not_found', `There is no consumer ${name}: create it first.`, { data: { name } });
}

export function aheadOf(head: number, place: number): CarrelError {
  const message = `The place ${place} is behind the end of the feed, which is at ${head}: acknowledge what was read.`;
  return new CarrelError('invalid_params', message, { data: { place, head } });
}
