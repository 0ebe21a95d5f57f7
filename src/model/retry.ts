/** A request is asked at most this often; what three tries do not cure, a fourth seldom does. */
export const MAX_ATTEMPTS = 3;

const BASE_MS = 500;
const FACTOR = 1.5;
const CAP_MS = 10_000;
/** A provider that wants a longer pause is not waited for: a turn that hangs for minutes looks broken. */
const LONGEST_RETRY_AFTER_MS = 60_000;

export interface RetryQuestion {
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** The provider's own word, which outranks ours. */
  readonly retryAfterMs?: number | undefined;
  /** A number from 0 to 1: sessions that failed together should not return together. */
  readonly random: number;
}

/** How long to wait before the next attempt, in ms; undefined when there is none. Pure. */
export function retryDelay({ attempt, retryAfterMs, random }: RetryQuestion): number | undefined {
  if (attempt >= MAX_ATTEMPTS) return undefined;
  const backoff = Math.min(CAP_MS, BASE_MS * FACTOR ** (attempt - 1));
  if (retryAfterMs === undefined) return Math.round(backoff * (0.75 + random / 2));
  if (retryAfterMs > LONGEST_RETRY_AFTER_MS) return undefined;
  // Never earlier than asked, and a little later, each by another amount.
  return Math.round(retryAfterMs + random * BASE_MS);
}
