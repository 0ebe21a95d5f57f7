// One group, once it was judged. It runs inside a savepoint: whatever throws here leaves nothing behind.
import { chainHash, EMPTY_HASH, shortHash } from '../chain.ts';
import type { EncodedGroup, Row } from '../encode.ts';
import { judge, type Evidence } from '../judge.ts';
import type { AppendResult, TailChunk } from '../port.ts';
import type { Connection } from './connection.ts';
import { findCommand, findHolder, findSession, hashAt, type SessionPlace } from './queries.ts';

export function appendGroup(connection: Connection, group: EncodedGroup, now: number): AppendResult {
  const place = findSession(connection, group.session);
  const answer = judge(group, evidenceOf(connection, group.session, place));
  if (answer !== undefined) return answer;
  const hashes = seal(place?.hash ?? EMPTY_HASH, group.bodies);
  const end = {
    seq: group.expectedSeq + group.bodies.length,
    hash: hashes.at(-1) ?? place?.hash ?? EMPTY_HASH,
    appendId: group.bodies.length > 0 ? group.appendId : (place?.appendId ?? ''),
  };
  const no = place?.no ?? insertSession(connection, group);
  writeEvents(connection, no, { ...group, hashes });
  if (group.row !== undefined) writeRow(connection, no, { row: group.row, before: place, head: end });
  for (const chunk of group.tail) writeChunk(connection, no, chunk);
  writeCommand(connection, no, { command: group.command, now });
  writeSnapshot(connection, no, group.snapshot);
  return { kind: 'accepted', seq: end.seq, hash: shortHash(end.hash) };
}

type JournalHead = Pick<SessionPlace, 'seq' | 'hash' | 'appendId'>;

/** In one go with the journal's head. The name is written only where it changes: its index is dear, and it hardly ever does. */
export function writeRow(
  connection: Connection,
  no: number,
  { row, before, head }: Readonly<{ row: Row; before: SessionPlace | undefined; head: JournalHead }>,
): void {
  if (before !== undefined && !isNamed(before, row))
    connection.run('UPDATE sessions SET folder = ?, name = ? WHERE no = ?', row.folder, row.name, no);
  if (row.tags !== (before?.tags ?? NO_TAGS)) writeTags(connection, no, row.tags);
  connection.run(
    `UPDATE sessions SET seq = ?, hash = ?, append_id = ?, status = ?, parent = ?, updated_at = ?, wake_at = ?, open = ?,
     words = ?, summary = ? WHERE no = ?`,
    head.seq,
    head.hash,
    head.appendId,
    row.status,
    row.parent,
    row.updatedAt,
    row.wakeAt,
    row.open,
    row.words,
    row.summary,
    no,
  );
}

const NO_TAGS = '{}';

/** They hardly ever change: their index costs nothing while they do not. */
function writeTags(connection: Connection, no: number, tags: string): void {
  connection.run('DELETE FROM tags WHERE no = ?', no);
  connection.run('INSERT INTO tags SELECT key, value, ? FROM json_each(?)', no, tags);
  connection.run('UPDATE sessions SET tags = ? WHERE no = ?', tags, no);
}

function isNamed(place: SessionPlace | undefined, { folder, name }: Pick<Row, 'folder' | 'name'>): boolean {
  return place?.folder === folder && place.name === name;
}

function evidenceOf(connection: Connection, session: string, place: SessionPlace | undefined): Evidence {
  const no = place?.no ?? 0; // of no session
  return {
    place,
    command: (identity, id) => findCommand(connection, identity, id),
    isErased: () => connection.get('SELECT 1 FROM tombstones WHERE session = ?', session) !== undefined,
    holder: (row) => (isNamed(place, row) ? session : findHolder(connection, row)),
    isEnded: (part) =>
      connection.get('SELECT 1 FROM ended_parts WHERE no = ? AND part = ?', no, part) !== undefined,
    lengthOf: (part) =>
      connection.get<{ length: number }>(
        'SELECT length FROM chunks WHERE no = ? AND part = ? ORDER BY id DESC LIMIT 1',
        no,
        part,
      )?.length ?? 0,
  };
}

function seal(previous: Uint8Array, bodies: readonly string[]): Uint8Array[] {
  let hash = previous;
  return bodies.map((body) => (hash = chainHash(hash, body)));
}

function insertSession(connection: Connection, { session, row }: EncodedGroup): number {
  if (row === undefined) throw new TypeError(`the first group of ${session} has no summary`);
  const inserted = connection.get<{ no: number }>(
    `INSERT INTO sessions (session, owner, folder, name, fence, seq, hash, append_id, status, updated_at, open, words, summary)
     VALUES (?, ?, ?, ?, 1, 0, x'', '', '', 0, 0, '', '') RETURNING no`,
    session,
    row.owner,
    row.folder,
    row.name,
  );
  if (inserted === undefined) throw new TypeError(`${session} was inserted without a number`);
  return inserted.no;
}

type SealedGroup = Pick<EncodedGroup, 'expectedSeq' | 'bodies' | 'ended' | 'blobs'> & {
  readonly hashes: readonly Uint8Array[];
};

function writeEvents(connection: Connection, no: number, group: SealedGroup): void {
  for (const [index, body] of group.bodies.entries()) {
    const hash = group.hashes[index] ?? EMPTY_HASH;
    const seq = group.expectedSeq + 1 + index;
    connection.run('INSERT INTO events (no, seq, hash, body) VALUES (?, ?, ?, ?)', no, seq, hash, body);
  }
  for (const part of group.ended) {
    connection.run('DELETE FROM chunks WHERE no = ? AND part = ?', no, part);
    connection.run('INSERT OR IGNORE INTO ended_parts VALUES (?, ?)', no, part);
  }
  for (const blob of group.blobs)
    connection.run('INSERT OR IGNORE INTO blob_names VALUES (?, ?)', no, Buffer.from(blob, 'hex'));
}

function writeChunk(connection: Connection, no: number, { step, part, kind, text, offset }: TailChunk): void {
  if (text === '') return;
  connection.run(
    `INSERT INTO chunks (no, id, part, step, kind, length, text)
     VALUES (?1, 1 + coalesce((SELECT max(id) FROM chunks WHERE no = ?1), 0), ?2, ?3, ?4, ?5, ?6)`,
    no,
    part,
    step,
    kind,
    offset + text.length,
    JSON.stringify(text), // keeps half of a surrogate pair whose other half is in the next chunk; UTF-8 would not
  );
}

function writeCommand(
  connection: Connection,
  no: number,
  { command, now }: { readonly command: EncodedGroup['command']; readonly now: number },
): void {
  if (command === undefined) return;
  const { identity, id, bodyHash, reply } = command;
  connection.run('INSERT INTO commands VALUES (?, ?, ?, ?, ?, ?)', identity, id, no, now, bodyHash, reply);
}

function writeSnapshot(connection: Connection, no: number, snapshot: EncodedGroup['snapshot']): void {
  if (snapshot === undefined) return;
  const { seq, version, state } = snapshot;
  const hash = hashAt(connection, no, seq) ?? EMPTY_HASH;
  connection.run('INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?)', no, seq, hash, version, state);
}
