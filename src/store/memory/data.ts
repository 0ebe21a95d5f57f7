import type { Row } from '../encode.ts';
import type { StoredCommand, TailPart } from '../port.ts';

/** One session as it is kept. Events are JSON without the session id; `hashes` are theirs, one each. */
export interface MemorySession {
  readonly owner: string;
  fence: number;
  appendId: string;
  row: Row;
  readonly events: string[];
  readonly hashes: Uint8Array[];
  readonly tail: Map<string, TailPart>;
  readonly endedParts: Set<string>;
  readonly blobs: Set<string>;
  snapshot:
    | { readonly seq: number; readonly version: number; readonly state: string; readonly hash: string }
    | undefined;
}

export interface MemoryCommand extends Omit<StoredCommand, 'reply'> {
  readonly session: string;
  readonly reply: string;
}

/** Everything a memory store holds. Hand it to another store to open the same home again. */
export interface MemoryData {
  readonly sessions: Map<string, MemorySession>;
  /** Who has a name, by owner, folder and name. */
  readonly names: Map<string, string>;
  /** Who has a tag, by key and value. */
  readonly tags: Map<string, Set<string>>;
  /** Hash of the last event of what was erased. */
  readonly tombstones: Map<string, Uint8Array>;
  readonly commands: Map<string, MemoryCommand>;
  readonly blobs: Map<string, Uint8Array>;
  /** Put, and not named by an event since. */
  readonly unnamedBlobs: Set<string>;
}

export function memoryData(): MemoryData {
  return {
    sessions: new Map(),
    names: new Map(),
    tags: new Map(),
    tombstones: new Map(),
    commands: new Map(),
    blobs: new Map(),
    unnamedBlobs: new Set(),
  };
}

export function nameKey({ owner, folder, name }: Pick<Row, 'owner' | 'folder' | 'name'>): string {
  return JSON.stringify([owner, folder, name]);
}

/** Where the tags of a row, its JSON, are found. */
export function tagKeys(tags: string): string[] {
  return Object.entries(JSON.parse(tags) as Readonly<Record<string, string>>).map((tag) =>
    JSON.stringify(tag),
  );
}

export function commandKey(identity: string, id: string): string {
  return JSON.stringify([identity, id]);
}
