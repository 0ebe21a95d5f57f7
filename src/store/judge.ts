// Whether a group may be written. One judge for every store: what they keep differs, what they refuse does not.
// The order of the questions is part of the contract: a repeated command gets its answer whoever asks and wherever the
// journal is by now, and a repeated append is recognised even after the session was claimed by another.
import type { Json } from '../base/index.ts';
import { EMPTY_HASH, shortHash } from './chain.ts';
import type { EncodedGroup, Row } from './encode.ts';
import type { AppendResult } from './port.ts';

/** Where a session stands. */
export interface Place {
  readonly owner: string;
  readonly fence: number;
  readonly seq: number;
  readonly hash: Uint8Array;
  /** The last append that brought events. */
  readonly appendId: string;
}

/** What the judge must know about a store, and about the session of the group in it. */
export interface Evidence {
  readonly place: Place | undefined;
  command(identity: string, id: string): { readonly bodyHash: string; readonly reply: string } | undefined;
  isErased(): boolean;
  /** The session that has the name in the folder of its owner. */
  holder(row: Pick<Row, 'owner' | 'folder' | 'name'>): string | undefined;
  isEnded(part: string): boolean;
  /** UTF-16 units of the part's tail. */
  lengthOf(part: string): number;
}

/** A session before its first group: whoever writes it holds fence 1. */
const UNBORN = { fence: 1, seq: 0, hash: EMPTY_HASH };

/** The answer to a group that is not to be written (a refusal, or a repeat), or nothing. */
export function judge(group: EncodedGroup, evidence: Evidence): AppendResult | undefined {
  return (
    repeatedCommand(group, evidence) ??
    outOfPlace(group, evidence) ??
    nameTaken(group, evidence) ??
    tailOutOfPlace(group, evidence)
  );
}

function repeatedCommand({ command }: EncodedGroup, evidence: Evidence): AppendResult | undefined {
  const known = command && evidence.command(command.identity, command.id);
  if (known === undefined) return undefined;
  return {
    kind: 'repeated',
    same: known.bodyHash === command?.bodyHash,
    reply: JSON.parse(known.reply) as Json,
  };
}

function outOfPlace(group: EncodedGroup, evidence: Evidence): AppendResult | undefined {
  const { session, fence, expectedSeq, appendId, bodies } = group;
  const known = evidence.place;
  const { seq, hash, fence: current } = known ?? UNBORN;
  if (known?.appendId === appendId) return { kind: 'accepted', seq, hash: shortHash(hash) };
  if (known === undefined && evidence.isErased()) return conflict(seq, `session ${session} was erased`);
  if (fence !== current) return { kind: 'fenced', fence: current };
  if (expectedSeq !== seq)
    return conflict(seq, `the journal of ${session} is at ${seq}, not at ${expectedSeq}`);
  if (known === undefined && bodies.length === 0) return conflict(seq, `there is no session ${session}`);
  return undefined;
}

function nameTaken({ session, row }: EncodedGroup, evidence: Evidence): AppendResult | undefined {
  if (row === undefined) return undefined;
  const by = evidence.holder({ ...row, owner: evidence.place?.owner ?? row.owner });
  return by === undefined || by === session ? undefined : { kind: 'name_taken', by };
}

function tailOutOfPlace(group: EncodedGroup, evidence: Evidence): AppendResult | undefined {
  const { ended, tail, expectedSeq } = group;
  const lengths = new Map<string, number>();
  for (const { part, offset, text } of tail) {
    if (ended.includes(part) || evidence.isEnded(part))
      return conflict(expectedSeq, `part ${part} has ended`);
    const length = lengths.get(part) ?? evidence.lengthOf(part);
    if (offset !== length)
      return conflict(expectedSeq, `part ${part} has ${length} units, but the chunk begins at ${offset}`);
    lengths.set(part, length + text.length);
  }
  return undefined;
}

function conflict(seq: number, why: string): AppendResult {
  return { kind: 'conflict', seq, why };
}
