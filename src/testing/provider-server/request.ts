import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../base/index.ts';
import type { WireKind } from './wire.ts';

/** `answered` to the end, `broken` by the script, `abandoned` by the client (or by the server's close). */
export type Ending = 'answered' | 'broken' | 'abandoned';

/** A request that the provider accepts. */
export interface ReceivedRequest {
  /** From 1, over accepted requests. */
  readonly n: number;
  readonly kind: WireKind;
  readonly model: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
  /** Tool rounds since the last user message. */
  readonly rounds: number;
  /** Text of the last user message. */
  readonly text: string;
  readonly at: number;
  /** Settles when the connection has nothing more to do with this request; never rejects. */
  readonly ended: Promise<Ending>;
}

/** A request that the provider refuses without looking at the script. */
export interface RefusedRequest {
  readonly kind: WireKind;
  readonly status: number;
  readonly problems: readonly string[];
  readonly body: unknown;
  readonly at: number;
}
