/** Smallest and largest reserve worth having: one for each of the few people who look, whatever the size of the host. */
const FEWEST = 3;
const MOST = 10;

/** Slots kept for sessions that somebody looks at; never more than half, so that the others always have some. */
export function reserveOf(capacity: number, percent: number): number {
  if (percent === 0) return 0;
  const share = Math.round((capacity * percent) / 100);
  return Math.min(Math.max(FEWEST, Math.min(MOST, share)), Math.floor(capacity / 2));
}
