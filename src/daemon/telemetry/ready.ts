// Whether input is taken now, and why not: the same answer over HTTP, in the health file and in the numbers.
import type { HostReport } from '../../host/index.ts';

/** Less than that is left when the next large output or vacuum of the journal may find no room. */
export const MIN_FREE_BYTES = 64 * 1024 * 1024;

export interface Condition {
  readonly store: HostReport['store'];
  /** The daemon is stopping. */
  readonly draining: boolean;
  /** Undefined where nobody says. */
  readonly freeBytes?: number;
}

export function reasonsOf({ store, draining, freeBytes }: Condition): readonly string[] {
  const mib = (bytes: number): string => `${String(Math.floor(bytes / 1024 / 1024))} MiB`;
  return [
    ...(draining ? ['draining: the daemon is stopping'] : []),
    ...(store.writable ? [] : [`store: it cannot write: ${store.error ?? 'unknown'}`]),
    ...(freeBytes === undefined || freeBytes >= MIN_FREE_BYTES
      ? []
      : [`disk: ${mib(freeBytes)} are left where the store is; ${mib(MIN_FREE_BYTES)} are needed`]),
  ];
}
