// The store keeps events in order, forever. It knows nothing of what they mean: summaries and snapshots are handed to it.
import type { Cursor, ErrorInfo, SessionEvent, SessionSummary } from '../protocol/index.ts';
import type { Json } from '../base/index.ts';

/** A piece of a part that is still streaming. `offset` continues exactly where the last durable piece of the part ended. */
export interface TailChunk {
  readonly step: string;
  readonly part: string;
  readonly kind: 'text' | 'reasoning';
  readonly offset: number;
  readonly text: string;
}

/** The durable text of a part that has not ended, its chunks joined. */
export interface TailPart {
  readonly step: string;
  readonly part: string;
  readonly kind: 'text' | 'reasoning';
  readonly text: string;
}

/** A command's identity and answer, stored with the events it led to. `bodyHash` tells the same command from another. */
export interface StoredCommand {
  readonly identity: string;
  readonly id: string;
  readonly bodyHash: string;
  readonly reply: Json;
}

/** State of the fold at `seq`. Dropped when `version` is not the reader's or `hash` is not that event's. */
export interface Snapshot {
  readonly session: string;
  readonly seq: number;
  readonly hash: string;
  readonly version: number;
  readonly state: Json;
}

/**
 * What one session wants written, all or nothing. `events` continue at `expectedSeq + 1`. `appendId` makes a repeat after an
 * ambiguous failure recognisable. An event of type `text.ended` or `reasoning.ended` removes the tail of its part.
 * The first group of a session (its `session.created`) creates it and needs no claim: it is born with fence 1, held by this store.
 */
export interface AppendGroup {
  readonly session: string;
  readonly fence: number;
  readonly expectedSeq: number;
  readonly appendId: string;
  readonly events: readonly SessionEvent[];
  readonly tail?: readonly TailChunk[];
  readonly command?: StoredCommand;
  /** The list row after these events; required whenever there are events. */
  readonly summary?: SessionSummary;
  readonly snapshot?: Omit<Snapshot, 'hash'>;
}

export type AppendResult =
  | { readonly kind: 'accepted'; readonly seq: number; readonly hash: string }
  /** A later claim holds the session. Nothing was written. */
  | { readonly kind: 'fenced'; readonly fence: number }
  /** The journal is at another `seq`, or a tail chunk does not continue its part or the part has ended. Nothing was written. */
  | { readonly kind: 'conflict'; readonly seq: number; readonly why: string }
  /** The same command was stored before. `same` says whether its body was this one. Nothing was written. */
  | { readonly kind: 'repeated'; readonly same: boolean; readonly reply: Json }
  /** Another session of this owner has the name in this folder. Nothing was written. */
  | { readonly kind: 'name_taken'; readonly by: string };

/** `hash` is the first 8 bytes (hex) of the hash of the last event of the page, or of the event before it when the page is empty. */
export interface EventPage {
  readonly events: readonly SessionEvent[];
  readonly hash: string;
  readonly head: { readonly seq: number; readonly hash: string };
}

export interface Head {
  readonly session: string;
  readonly seq: number;
}

export interface Claim {
  readonly fence: number;
  readonly seq: number;
  readonly hash: string;
  readonly tail: readonly TailPart[];
  readonly snapshot?: Snapshot;
}

/** Newest activity first. Every condition narrows; `hidden` of the page says how many rows the conditions left out. */
export interface ListQuery {
  readonly owner: string;
  readonly folder?: string;
  readonly name?: string;
  readonly status?: readonly SessionSummary['status'][];
  readonly parent?: string;
  /** Part of a name or title, whatever its case. */
  readonly text?: string;
  /** All of these, each with this value. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly limit: number;
  /** From the page before. */
  readonly after?: string;
}

export interface SessionPage {
  readonly sessions: readonly SessionSummary[];
  readonly next?: string;
  readonly hidden: number;
}

/** How many sessions are in which status; a status of none may be left out. */
export type StatusCounts = Readonly<Partial<Record<SessionSummary['status'], number>>>;

/** Sessions whose `wakeAt` is behind `after` (else any) and has come by `now`; those with open work too when `open` is set. */
export interface DueQuery {
  readonly now: number;
  readonly after?: number;
  readonly open?: boolean;
  readonly limit: number;
}

/** Which events of the feed are wanted; every condition narrows. */
export interface FeedFilter {
  readonly types?: readonly string[];
  readonly sessions?: readonly string[];
  /** Of the sessions in it. */
  readonly folder?: string;
}

export interface FeedQuery extends FeedFilter {
  readonly owner: string;
  /** A place in the feed; 0 is before everything. */
  readonly after: number;
  readonly limit: number;
}

/**
 * A page of the feed: events of all sessions in the order in which they were committed, those of one session in that of their `seq`.
 * A place is a number that only grows and is never given twice; there are gaps. Everything up to `place` was looked at, so that a
 * page may be empty and yet lead on; it leads nowhere when `place` is `head`.
 */
export interface FeedPage {
  readonly events: readonly { readonly place: number; readonly event: SessionEvent }[];
  readonly place: number;
  /** The last place of the feed. */
  readonly head: number;
}

/** What moved behind a place of the feed. Who was erased just there may be among them again. */
export interface Moved {
  readonly sessions: readonly string[];
  readonly erased: readonly string[];
}

/** A named place in the feed, kept until its owner is done with what is before it. Names are of one identity. */
export interface Consumer {
  readonly identity: string;
  readonly name: string;
  readonly filter: FeedFilter;
  /** Everything up to here is acknowledged. */
  readonly place: number;
  readonly createdAt: number;
  /** When it was acknowledged last. */
  readonly ackedAt?: number;
}

export type ConsumerAck = Pick<Consumer, 'identity' | 'name' | 'place'> & { readonly at: number };

export interface DeliveredCommand {
  readonly same: boolean;
  readonly reply: Json;
}

/** What may be read beside a writer, also from another process. */
export interface StoreReader extends AsyncDisposable {
  /** Events after `after` (exclusive), at most `limit`; `before` instead reads the last `limit` events below it, still in order. `not_found` for another owner's. */
  read(
    owner: string,
    session: string,
    range: { after?: number; before?: number; limit: number },
  ): Promise<EventPage>;
  tail(owner: string, session: string): Promise<readonly TailPart[]>;
  /** Checks a cursor: fine, or the last `seq` at which it and the journal agree. */
  check(
    owner: string,
    session: string,
    cursor: Cursor,
  ): Promise<{ ok: true } | { ok: false; common: number }>;
  heads(owner: string, sessions: readonly string[]): Promise<readonly Head[]>;
  summary(owner: string, session: string): Promise<SessionSummary | undefined>;
  list(query: ListQuery): Promise<SessionPage>;
  counts(owner: string): Promise<StatusCounts>;
  getBlob(id: string): Promise<Uint8Array | undefined>;
  /** Reads on from a place. Pages are bounded by their bytes as well. What was erased is not in the feed any more. */
  feed(query: FeedQuery): Promise<FeedPage>;
  /** Sessions that moved behind a place; undefined when that is too far back to be told, or a place of another store. */
  moved(owner: string, after: number): Promise<Moved | undefined>;
  /** In the order of their names; without an identity those of everyone. */
  consumers(identity?: string): Promise<readonly Consumer[]>;
}

/**
 * The one writer of a home. Every promise that resolves is synced. A write error rejects with `store_unavailable` and shows in
 * `health` until a write works again; after a failed sync the store reopens itself before it trusts anything.
 */
export interface Store extends StoreReader {
  /** One answer per group, in order. Concurrent calls share a sync. Rejects only when nothing of the call is known to be written. */
  append(groups: readonly AppendGroup[]): Promise<readonly AppendResult[]>;
  /** The stored answer of a command, if it was seen in the last 24 hours or more. */
  command(identity: string, id: string, bodyHash: string): Promise<DeliveredCommand | undefined>;
  /** Takes the session: raises its fence, so that every earlier holder is `fenced`. */
  claim(owner: string, session: string): Promise<Claim>;
  release(session: string, fence: number): Promise<void>;
  /** Soonest first. */
  due(query: DueQuery): Promise<readonly SessionSummary[]>;
  /** Writes the list row again, for a rebuild. */
  putSummary(summary: SessionSummary): Promise<void>;
  /** Content-addressed and synced when it resolves; the same bytes again cost a look-up. */
  putBlob(bytes: Uint8Array): Promise<string>;
  /** Removes journal, tail, blobs no other journal names, rows and snapshots of one session; leaves a tombstone with the head hash. */
  erase(owner: string, session: string): Promise<{ head: string }>;
  /** Keeps a consumer that has no place yet, or gives the one of this name as it is, whatever its filter. */
  keepConsumer(consumer: Omit<Consumer, 'ackedAt'>): Promise<Consumer>;
  /** Moves its place there, and never back. `not_found` without such a consumer, `invalid_params` for a place the feed has not got to. */
  ackConsumer(ack: ConsumerAck): Promise<Consumer>;
  /** Whether there was one. */
  dropConsumer(identity: string, name: string): Promise<boolean>;
  /** Called after each commit with what moved; `seq` 0 of a session that was erased. A signal only: readers then read. Errors of a listener are the listener's. */
  onHeads(listener: (heads: readonly Head[]) => void): Disposable;
  /** The last place of the feed whose commit was signalled to everyone: a listener that is there now misses nothing behind it. */
  place(): number;
  health(): { readonly writable: boolean; readonly error?: ErrorInfo };
}
