import type { SessionSummary } from '../../protocol/index.ts';
import type { Snapshot, StoredCommand, TailPart } from '../port.ts';

/** One session as it is kept. Events are JSON without the session id. */
export interface MemorySession {
  fence: number;
  summary: SessionSummary;
  readonly events: string[];
  readonly hashes: Uint8Array[];
  readonly tail: Map<string, TailPart>;
  readonly endedParts: Set<string>;
  snapshot: Snapshot | undefined;
}

/** Everything a memory store holds. Hand it to another store to open the same home again. */
export interface MemoryData {
  readonly sessions: Map<string, MemorySession>;
  /** Hash of the last event of what was erased. */
  readonly tombstones: Map<string, string>;
  readonly commands: Map<string, StoredCommand>;
  readonly blobs: Map<string, Uint8Array>;
}

export function memoryData(): MemoryData {
  return { sessions: new Map(), tombstones: new Map(), commands: new Map(), blobs: new Map() };
}

export function commandKey(identity: string, id: string): string {
  return `${identity}\n${id}`;
}
