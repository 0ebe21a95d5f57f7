// The seal of a journal: each event's hash covers the one before it and the event's bytes without the session id, so that a
// fork or an import keeps the chain.
import { createHash } from 'node:crypto';
import type { SessionEvent } from '../protocol/index.ts';

export const EMPTY_HASH = Buffer.alloc(32);
const SHORT_BYTES = 8;

/** An event as it is stored: JSON without the session id. */
export function eventBytes({ session: _session, ...event }: SessionEvent): string {
  return JSON.stringify(event);
}

export function chainHash(previous: Uint8Array, bytes: string): Buffer {
  return createHash('sha256').update(previous).update(bytes).digest();
}

/** As cursors carry it; nothing for the place before the first event. */
export function shortHash(hash: Uint8Array | undefined): string {
  return hash === undefined ? '' : Buffer.from(hash.subarray(0, SHORT_BYTES)).toString('hex');
}
