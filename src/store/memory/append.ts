// One group: all of it or nothing.
import { chainHash, EMPTY_HASH, eventBytes, shortHash } from '../chain.ts';
import type { AppendGroup, AppendResult, TailChunk } from '../port.ts';
import { commandKey, type MemoryData, type MemorySession } from './data.ts';

export function appendGroup(data: MemoryData, group: AppendGroup): AppendResult {
  const session = data.sessions.get(group.session);
  const refusal = refuse(data, group, session);
  if (refusal !== undefined) return refusal;
  const target = session ?? create(group);
  if (session === undefined) data.sessions.set(group.session, target);
  write(target, group);
  if (group.command !== undefined)
    data.commands.set(commandKey(group.command.identity, group.command.id), group.command);
  return { kind: 'accepted', seq: target.events.length, hash: shortHash(target.hashes.at(-1)) };
}

function refuse(
  data: MemoryData,
  group: AppendGroup,
  session: MemorySession | undefined,
): AppendResult | undefined {
  const known = group.command && data.commands.get(commandKey(group.command.identity, group.command.id));
  if (known !== undefined)
    return { kind: 'repeated', same: known.bodyHash === group.command?.bodyHash, reply: known.reply };
  const seq = session?.events.length ?? 0;
  if (session !== undefined && group.fence !== session.fence) return { kind: 'fenced', fence: session.fence };
  if (session === undefined && data.tombstones.has(group.session))
    return conflict(0, `session ${group.session} was erased`);
  if (group.expectedSeq !== seq)
    return conflict(seq, `the journal is at ${String(seq)}, not at ${String(group.expectedSeq)}`);
  if (seq === 0 && group.events.length === 0) return conflict(seq, `there is no session ${group.session}`);
  return tailProblem(session, group, seq) ?? nameProblem(data, group);
}

function conflict(seq: number, why: string): AppendResult {
  return { kind: 'conflict', seq, why };
}

function tailProblem(
  session: MemorySession | undefined,
  group: AppendGroup,
  seq: number,
): AppendResult | undefined {
  const lengths = new Map<string, number>();
  for (const { part, offset, text } of group.tail ?? []) {
    if (session?.endedParts.has(part) === true) return conflict(seq, `part ${part} has ended`);
    const length = lengths.get(part) ?? session?.tail.get(part)?.text.length ?? 0;
    if (offset !== length)
      return conflict(seq, `part ${part} has ${String(length)} units, the chunk begins at ${String(offset)}`);
    lengths.set(part, length + text.length);
  }
  return undefined;
}

function nameProblem(data: MemoryData, { session, summary }: AppendGroup): AppendResult | undefined {
  const kept = data.sessions.get(session)?.summary;
  if (summary === undefined || (kept?.name === summary.name && kept.folder === summary.folder))
    return undefined;
  for (const [id, { summary: other }] of data.sessions) {
    const same =
      other.owner === summary.owner && other.folder === summary.folder && other.name === summary.name;
    if (same && id !== session) return { kind: 'name_taken', by: id };
  }
  return undefined;
}

function create({ session, summary }: AppendGroup): MemorySession {
  if (summary === undefined) throw new TypeError(`the first group of ${session} has no summary`);
  return {
    fence: 1,
    summary,
    events: [],
    hashes: [],
    tail: new Map(),
    endedParts: new Set(),
    snapshot: undefined,
  };
}

function write(target: MemorySession, { events, tail, summary, snapshot }: AppendGroup): void {
  for (const event of events) {
    const bytes = eventBytes(event);
    target.hashes.push(chainHash(target.hashes.at(-1) ?? EMPTY_HASH, bytes));
    target.events.push(bytes);
    if (event.type === 'text.ended' || event.type === 'reasoning.ended') {
      target.tail.delete(event.data.part);
      target.endedParts.add(event.data.part);
    }
  }
  for (const chunk of tail ?? []) grow(target, chunk);
  if (summary !== undefined) target.summary = summary;
  if (snapshot !== undefined)
    target.snapshot = { ...snapshot, hash: shortHash(target.hashes[snapshot.seq - 1]) };
}

function grow(target: MemorySession, { step, part, kind, text }: TailChunk): void {
  if (target.endedParts.has(part)) return;
  target.tail.set(part, { step, part, kind, text: (target.tail.get(part)?.text ?? '') + text });
}
