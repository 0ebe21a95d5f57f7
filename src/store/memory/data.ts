import type { Row } from '../encode.ts';
import type { Consumer, StoredCommand, TailPart } from '../port.ts';

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
  /** Of what was erased: the hash of its last event, and where the feed was then. */
  readonly tombstones: Map<
    string,
    { readonly hash: Uint8Array; readonly owner: string; readonly place: number }
  >;
  /** Every event in the order of its commit; its place is its index and one. */
  readonly feed: { readonly session: string; readonly seq: number }[];
  readonly consumers: Map<string, Consumer>;
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
    feed: [],
    consumers: new Map(),
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

export function consumerKey(identity: string, name: string): string {
  return JSON.stringify([identity, name]);
}

export function commandKey(identity: string, id: string): string {
  return JSON.stringify([identity, id]);
}
