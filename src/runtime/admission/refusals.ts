import { CarrelError } from '../../protocol/index.ts';

/** In the order in which they are taken. Whoever holds one waits for none before it, so no two can wait for each other. */
export const LEVELS = ['host', 'provider', 'session', 'tool'] as const;
export type Level = (typeof LEVELS)[number];

export interface Overload {
  readonly level: Level;
  /** `turns of this host`. */
  readonly what: string;
  readonly capacity: number;
  readonly retryAfterMs: number;
}

export function overloaded({ level, what, capacity, retryAfterMs }: Overload, why: string): CarrelError {
  return new CarrelError(
    'overloaded',
    `There is no free slot among the ${String(capacity)} for ${what}: ${why}. Ask again in ${String(retryAfterMs)} ms.`,
    { data: { level, what, capacity, retryAfterMs } },
  );
}
