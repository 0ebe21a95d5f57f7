import { CarrelError } from '../../protocol/index.ts';

/** What carries messages there and back; one text is one message. */
export interface Wire {
  /** Never throws; does nothing once the wire is closed. */
  send(text: string): void;
  /** Again does nothing. */
  close(): void;
}

/** What a wire tells. Nothing after `onClose`, which comes once, also when this side closed it. */
export interface WireEvents {
  readonly onText: (text: string) => void;
  readonly onClose: (why: string) => void;
}

/** A new wire to the same host each time. Rejects when there is none, or with the signal's reason, and leaves nothing open then. */
export type OpenWire = (events: WireEvents, signal: AbortSignal) => Promise<Wire>;

/** Where wires lead, with the name that errors give it. */
export interface Destination {
  readonly address: string;
  readonly open: OpenWire;
}

export function unavailable(address: string, why: string, cause?: unknown): CarrelError {
  const message = `The host at ${address} cannot be reached: ${why}. See that it runs there.`;
  return new CarrelError('host_unavailable', message, { data: { address }, cause });
}
