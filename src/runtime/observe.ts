// What the runtime tells whoever measures it. One fact for a commit, a request, an append, a load: none for a piece of streaming
// text, so that measuring costs nothing while a model speaks.
import type { ErrorCode, SessionEvent, Usage } from '../protocol/index.ts';
import type { SessionState } from '../session/index.ts';

/** One request to a model, from when it was made to its end. */
export interface Asked {
  readonly type: 'asked';
  readonly session: string;
  readonly turn?: string;
  /** Or the id of the compaction that it was made for. */
  readonly step: string;
  readonly attempt: number;
  readonly provider: string;
  /** Without its provider. */
  readonly model: string;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly tookMs: number;
  /** To the first part of the answer. */
  readonly firstMs?: number;
  /** Why the answer ended, and what it used. */
  readonly answer?: { readonly reason: string; readonly usage: Usage; readonly cost?: number };
  /** Of a request that failed or was stopped. */
  readonly error?: ErrorCode;
}

/** Durable events of one session. What they mean is in them; the states say of which turn, model and call they are. */
export interface Committed {
  readonly type: 'committed';
  readonly before: SessionState;
  readonly events: readonly SessionEvent[];
  readonly state: SessionState;
}

/**
 * `created`, `woken` (claimed, folded and recovered), `slept`, `erased`; `opened`: a viewer has everything that was there when it
 * came.
 */
export interface Timed {
  readonly type: 'created' | 'woken' | 'slept' | 'erased' | 'opened';
  readonly tookMs: number;
}

/** One write of one session, until it is synced or known to have failed. */
export interface Appended {
  readonly type: 'appended';
  readonly tookMs: number;
  readonly error?: ErrorCode;
}

export type Fact = Asked | Committed | Timed | Appended;

/** Called at once and in order; it must be quick. What it throws is counted, and disturbs nobody. */
export type Observe = (fact: Fact) => void;
