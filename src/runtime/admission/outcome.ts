import type { ModelFailure } from '../../model/index.ts';
import type { Usage } from '../../protocol/index.ts';

/** How a request ended. */
export type Ended = { readonly usage: Usage } | { readonly failure: ModelFailure };

/** What a request told about its provider; nothing, when it was stopped before it was answered. */
export type Outcome = 'up' | 'down' | 'unknown';

/** A refusal says that the provider is there; no connection, silence and faults of its own say that it is not. */
export function outcomeOf(how: Ended): Outcome {
  if ('usage' in how) return 'up';
  const { code, data = {} } = how.failure;
  const { reason, status } = data;
  if (code === 'cancelled') return 'unknown';
  if (code === 'timeout' || reason === 'connection' || reason === 'provider') return 'down';
  if (typeof status === 'number') return status >= 500 ? 'down' : 'up';
  return 'unknown';
}
