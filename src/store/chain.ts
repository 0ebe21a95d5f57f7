// The seal of a journal: each event's hash covers the one before it and the event's bytes without the session id, so that a
// fork or an import keeps the chain.
import { createHash } from 'node:crypto';
import type { SessionEvent } from '../protocol/index.ts';

/** What the first event of a journal follows. */
export const EMPTY_HASH: Uint8Array = Buffer.alloc(32);
const SHORT_BYTES = 8;

/** An event as it is stored: JSON without the session id. */
export function eventBytes(event: SessionEvent): string {
  return JSON.stringify({ ...event, session: undefined });
}

/** The event that `bytes` hold. They are our own: not checked again. */
export function eventOf(session: string, bytes: string): SessionEvent {
  return { session, ...(JSON.parse(bytes) as object) } as SessionEvent;
}

export function chainHash(previous: Uint8Array, bytes: string): Uint8Array {
  return createHash('sha256').update(previous).update(bytes).digest();
}

/** As cursors carry it; nothing for the place before the first event. */
export function shortHash(hash: Uint8Array | undefined): string {
  return hash === undefined ? '' : Buffer.from(hash.subarray(0, SHORT_BYTES)).toString('hex');
}

/** The address of a blob: lower-case hex SHA-256. */
export function blobId(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function isBlobId(id: string): boolean {
  return /^[0-9a-f]{64}$/.test(id);
}
