import { CarrelError, toErrorInfo } from '../../protocol/index.ts';

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

/** What is to come again, and when. */
export interface Postponement {
  readonly provider: string;
  readonly inMs: number;
}

/** The provider takes none now. Who asked is to come again, and holds no slot meanwhile. */
export function postponed(overload: Overload, provider: string): CarrelError {
  const { message, data } = overloaded(overload, `${provider} takes no request for so long`);
  return new CarrelError('overloaded', message, { data: { ...data, reason: 'later', provider } });
}

/** Undefined when the error says something else. */
export function postponement(error: unknown): Postponement | undefined {
  const { code, data = {} } = toErrorInfo(error);
  const { reason, provider, retryAfterMs } = data;
  if (code !== 'overloaded' || reason !== 'later') return undefined;
  return typeof provider === 'string' && typeof retryAfterMs === 'number'
    ? { provider, inMs: retryAfterMs }
    : undefined;
}
