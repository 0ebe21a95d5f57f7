// What the writer's thread is asked, and what it answers.
import type { ErrorInfo } from '../../protocol/index.ts';
import type { EncodedGroup, Row } from '../encode.ts';
import type { AppendResult, Claim, Consumer, ConsumerAck } from '../port.ts';

/** Each kind of change: what it needs, and its answer. */
export interface Changes {
  readonly append: { readonly needs: { readonly group: EncodedGroup }; readonly gives: AppendResult };
  readonly claim: {
    readonly needs: { readonly owner: string; readonly session: string };
    readonly gives: Claim;
  };
  readonly release: {
    readonly needs: { readonly session: string; readonly fence: number };
    readonly gives: null;
  };
  readonly putSummary: {
    readonly needs: { readonly session: string; readonly row: Row };
    readonly gives: null;
  };
  readonly erase: {
    readonly needs: { readonly owner: string; readonly session: string };
    readonly gives: { head: string };
  };
  readonly keepConsumer: {
    readonly needs: { readonly consumer: Omit<Consumer, 'ackedAt'> };
    readonly gives: Consumer;
  };
  readonly ackConsumer: {
    readonly needs: ConsumerAck;
    readonly gives: Consumer;
  };
  readonly dropConsumer: {
    readonly needs: Pick<Consumer, 'identity' | 'name'>;
    readonly gives: { dropped: boolean };
  };
  /** These blobs are gone. */
  readonly buryBlobs: { readonly needs: { readonly ids: readonly string[] }; readonly gives: null };
}

export type Change = keyof Changes;
export type Needs<C extends Change> = Changes[C]['needs'];
export type Answer<C extends Change = Change> = Changes[C]['gives'];

export interface Request {
  readonly change: Change;
  readonly needs: Needs<Change>;
}

/** Changes that share one transaction and one sync. */
export interface Flush {
  /** Epoch ms, from the store's clock. */
  readonly now: number;
  readonly requests: readonly Request[];
}

export interface Failure {
  readonly error: ErrorInfo;
  readonly cause: unknown;
}

export type Reply = { readonly answer: Answer } | Failure;

/** One reply for each request, in order. `trouble`: nothing was written, because the store cannot be. */
export interface Flushed {
  readonly replies: readonly Reply[];
  /** The last of the feed now; left out when nothing was written. */
  readonly place?: number;
  readonly trouble?: ErrorInfo;
}
