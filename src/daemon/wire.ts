// What a connection is made of, whatever carries it: messages out, messages in, an end.
import type { ErrorCode } from '../protocol/index.ts';

/** Bytes of one message before its sender is known: a token fits many times over. */
export const UNKNOWN_MESSAGE_BYTES = 1024 * 1024;
/** Bytes of one message afterwards: the largest input with room for its JSON. */
export const MESSAGE_BYTES = 16 * 1024 * 1024;

/** What a connection sends through. */
export interface Wire {
  /** `sent` is called once, when the message has left this process or never will. */
  send(text: string, sent: () => void): void;
  /** Lets what was sent go out, for a moment, and ends it. Again does nothing. */
  close(why: ErrorCode): void;
}

/** What a wire hands what it hears to. */
export interface Receiver {
  /** Of one message, for now. More is to be answered by `refuse`. */
  readonly limitBytes: number;
  receive(text: string): void;
  /** What came is no message, or too large to be read: nothing more can be understood. */
  refuse(what: string): void;
  /** The other side is gone. */
  lost(): void;
}

/** Numbers of a WebSocket's end, for reasons that are not the client's: the text beside them is the error's code. */
const CLOSE_NUMBERS: Partial<Record<ErrorCode, number>> = {
  unauthorized: 4001,
  overloaded: 4002,
  invalid_params: 4003,
  host_unavailable: 1001,
};

/** 4000 for every reason without a number of its own. */
export function closeNumber(why: ErrorCode): number {
  return CLOSE_NUMBERS[why] ?? 4000;
}
