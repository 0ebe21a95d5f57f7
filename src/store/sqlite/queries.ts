// What both the writer and readers ask.
import type { Json } from '../../base/index.ts';
import type { Connection } from './connection.ts';
import type { Place } from '../judge.ts';
import type { TailPart } from '../port.ts';

/** `no` names the session inside the file. */
export interface SessionPlace extends Place {
  readonly no: number;
  readonly folder: string;
  readonly name: string;
  readonly tags: string;
}

export function findSession(connection: Connection, session: string): SessionPlace | undefined {
  return connection.get<SessionPlace>(
    'SELECT no, owner, folder, name, tags, fence, seq, hash, append_id AS appendId FROM sessions WHERE session = ?',
    session,
  );
}

export function hashAt(connection: Connection, no: number, seq: number): Uint8Array | undefined {
  return connection.get<{ hash: Uint8Array }>('SELECT hash FROM events WHERE no = ? AND seq = ?', no, seq)
    ?.hash;
}

/** Parts in the order in which they began. */
export function tailOf(connection: Connection, no: number): TailPart[] {
  const chunks = connection.all<TailPart>(
    'SELECT step, part, kind, text FROM chunks WHERE no = ? ORDER BY id',
    no,
  );
  const parts = new Map<string, TailPart>();
  for (const chunk of chunks) {
    const text = JSON.parse(chunk.text) as string;
    parts.set(chunk.part, { ...chunk, text: (parts.get(chunk.part)?.text ?? '') + text });
  }
  return [...parts.values()];
}

export function findHolder(
  connection: Connection,
  { owner, folder, name }: { owner: string; folder: string; name: string },
): string | undefined {
  const sql = 'SELECT session FROM sessions WHERE owner = ? AND folder = ? AND name = ?';
  return connection.get<{ session: string }>(sql, owner, folder, name)?.session;
}

export interface KeptCommand {
  readonly bodyHash: string;
  readonly reply: string;
}

export function findCommand(connection: Connection, identity: string, id: string): KeptCommand | undefined {
  const sql = 'SELECT body_hash AS bodyHash, reply FROM commands WHERE identity = ? AND id = ?';
  return connection.get<KeptCommand>(sql, identity, id);
}

/** Blobs to remove: an erased session named them, and none does now. */
export function doomedBlobs(connection: Connection): string[] {
  return connection
    .all<{ id: string }>(
      'SELECT lower(hex(blob)) AS id FROM doomed_blobs WHERE blob NOT IN (SELECT blob FROM blob_names)',
    )
    .map(({ id }) => id);
}

export function parse(json: string): Json {
  return JSON.parse(json) as Json;
}
