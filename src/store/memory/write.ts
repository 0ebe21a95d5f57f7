// Changes to the data of a memory store. Each is all or nothing, because nothing here can fail half-way.
import { chainHash, EMPTY_HASH, shortHash } from '../chain.ts';
import type { EncodedGroup, Row } from '../encode.ts';
import { judge, type Evidence } from '../judge.ts';
import type { AppendResult, TailChunk } from '../port.ts';
import { commandKey, nameKey, tagKeys, type MemoryData, type MemorySession } from './data.ts';

export function writeGroup(data: MemoryData, group: EncodedGroup): AppendResult {
  const answer = judge(group, evidenceOf(data, group.session));
  if (answer !== undefined) return answer;
  const { session, command } = group;
  const kept = data.sessions.get(session) ?? born(data, group);
  if (group.bodies.length > 0) writeEvents(data, kept, group);
  for (const chunk of group.tail) grow(kept, chunk);
  if (group.row !== undefined) putRow(data, session, group.row);
  if (group.snapshot !== undefined)
    kept.snapshot = { ...group.snapshot, hash: shortHash(kept.hashes[group.snapshot.seq - 1]) };
  if (command !== undefined)
    data.commands.set(commandKey(command.identity, command.id), { ...command, session });
  return { kind: 'accepted', seq: kept.events.length, hash: shortHash(kept.hashes.at(-1)) };
}

/** Removes the session and the blobs that only it named. */
export function eraseSession(data: MemoryData, session: string): { head: string } {
  const kept = data.sessions.get(session);
  const head = kept?.hashes.at(-1) ?? EMPTY_HASH;
  if (kept !== undefined) {
    dropName(data, session, kept);
    dropTags(data, session, kept);
  }
  data.sessions.delete(session);
  if (kept !== undefined)
    data.tombstones.set(session, { hash: head, owner: kept.owner, place: data.feed.length });
  for (const [key, command] of data.commands) if (command.session === session) data.commands.delete(key);
  const others = [...data.sessions.values()];
  for (const blob of kept?.blobs ?? [])
    if (!data.unnamedBlobs.has(blob) && !others.some(({ blobs }) => blobs.has(blob))) data.blobs.delete(blob);
  return { head: shortHash(head) };
}

/** Replaces the row, and with it the name and the tags that the session has. */
export function putRow(data: MemoryData, session: string, row: Row): void {
  const kept = data.sessions.get(session);
  if (kept === undefined) return;
  dropName(data, session, kept);
  dropTags(data, session, kept);
  kept.row = row;
  data.names.set(nameKey(row), session);
  for (const key of tagKeys(row.tags)) data.tags.set(key, (data.tags.get(key) ?? new Set()).add(session));
}

function dropTags(data: MemoryData, session: string, { row }: MemorySession): void {
  for (const key of tagKeys(row.tags)) {
    const others = data.tags.get(key);
    others?.delete(session);
    if (others?.size === 0) data.tags.delete(key);
  }
}

function dropName(data: MemoryData, session: string, { row }: MemorySession): void {
  if (data.names.get(nameKey(row)) === session) data.names.delete(nameKey(row));
}

function evidenceOf(data: MemoryData, session: string): Evidence {
  const kept = data.sessions.get(session);
  return {
    place: kept && { ...kept, seq: kept.events.length, hash: kept.hashes.at(-1) ?? EMPTY_HASH },
    command: (identity, id) => data.commands.get(commandKey(identity, id)),
    isErased: () => data.tombstones.has(session),
    holder: (row) => data.names.get(nameKey(row)),
    isEnded: (part) => kept?.endedParts.has(part) === true,
    lengthOf: (part) => kept?.tail.get(part)?.text.length ?? 0,
  };
}

function born(data: MemoryData, { session, row }: EncodedGroup): MemorySession {
  if (row === undefined) throw new TypeError(`the first group of ${session} has no summary`);
  const kept: MemorySession = {
    owner: row.owner,
    fence: 1,
    appendId: '',
    row,
    events: [],
    hashes: [],
    tail: new Map(),
    endedParts: new Set(),
    blobs: new Set(),
    snapshot: undefined,
  };
  data.sessions.set(session, kept);
  return kept;
}

function writeEvents(
  data: MemoryData,
  kept: MemorySession,
  { session, appendId, bodies, ended, blobs }: EncodedGroup,
): void {
  for (const body of bodies) {
    kept.hashes.push(chainHash(kept.hashes.at(-1) ?? EMPTY_HASH, body));
    kept.events.push(body);
    data.feed.push({ session, seq: kept.events.length });
  }
  for (const part of ended) {
    kept.tail.delete(part);
    kept.endedParts.add(part);
  }
  for (const blob of blobs) {
    kept.blobs.add(blob);
    data.unnamedBlobs.delete(blob);
  }
  kept.appendId = appendId;
}

function grow(kept: MemorySession, { step, part, kind, text }: TailChunk): void {
  if (text === '') return;
  kept.tail.set(part, { step, part, kind, text: (kept.tail.get(part)?.text ?? '') + text });
}
