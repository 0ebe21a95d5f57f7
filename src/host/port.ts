// The library door: what a program that embeds Carrel holds in its hands.
import type { Clock, Random } from '../base/index.ts';
import type {
  Budget,
  CommandReply,
  Command,
  ContextReport,
  Cursor,
  EventOf,
  EventType,
  InboxItem,
  ListFrom,
  ListItem,
  Instruction,
  Profile,
  SessionEvent,
  SessionSummary,
  Source,
  SubtreeFrom,
  ViewItem,
  Scope,
} from '../protocol/index.ts';
import type { Credentials, Models } from '../model/index.ts';
import type {
  AdmissionLimits,
  AdmissionReport,
  Equipment,
  Observe,
  Rates,
  ResolveCredentials,
} from '../runtime/index.ts';
import type { ListQuery, SessionPage, StatusCounts, Store } from '../store/index.ts';
import type { FileLock, Tools } from '../tool/index.ts';
import type { Consumers } from './consumers.ts';
import type { Receiver, ReceiverReport } from './notify/port.ts';

/** Bounds of one host. */
export interface HostLimits extends AdmissionLimits {
  readonly liveSessions: number;
  /** Idle time after which a session is put to sleep, ms. */
  readonly asleepAfterMs: number;
  /** Resident memory of the process, MiB, above which idle sessions are put to sleep, oldest first. */
  readonly memoryMb: number;
  /** Memory of one session, MiB (estimated), above which it is put to sleep as soon as it is idle; a warning comes at two thirds. */
  readonly sessionMemoryMb: number;
}

export interface HostOptions {
  /** Owned by the host from here on: `close` closes it. */
  readonly store: Store;
  /** Where notifications go; default nowhere. Each begins where it was when a host was closed, or killed. */
  readonly receivers?: readonly Receiver[];
  readonly models: Models;
  readonly tools: Tools;
  /** Profiles by name; `create` refuses one that names a tool or a model that does not exist. */
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly limits?: Partial<HostLimits>;
  /** Calls of one tool at once, by its name; else `limits.toolsAtOnce` is its only bound. */
  readonly toolsAtOnce?: ReadonlyMap<string, number>;
  /** What providers are asked at most in a minute, by their names; else only what they say themselves holds. */
  readonly rates?: ReadonlyMap<string, Rates>;
  readonly owner?: string;
  /**
   * Called for each request to a model, before what providers were configured with: keys of a user, of a tag, of a vault. Where it gives
   * nothing the provider's own key is used, unless the session is to use its own only. What it gives is kept nowhere.
   */
  readonly credentials?: ResolveCredentials;
  /**
   * Which sessions are taken up without a command. `all`: every one with open work at once, those marked to run on start first.
   * `marked`: only those. `lazy` (default): none of them. All three wake a session when its time has come (an expiry, a retry, a
   * deadline). `used`: not even then, for a host that lives no longer than one command.
   */
  readonly recover?: 'all' | 'marked' | 'lazy' | 'used';
  /**
   * What counts for the sessions of a folder, instead of `models`, `tools`, `profiles` and `grants`. It is asked for every step, and
   * answers with what holds now: the same object as long as that is the same. Where it rejects nothing runs, and whoever creates
   * a session or asks a model there hears why.
   */
  readonly equip?: (folder: string) => Promise<Equipment>;
  /** What people tell agents in files, for a session's folder: read when a turn begins, for profiles that want it. Default nothing. */
  readonly instructions?: (folder: string, limitBytes: number) => readonly Instruction[];
  /** Permissions that hold for every session (`always`); saved by `saveGrant`. */
  readonly grants?: () => readonly { tool: string; scope: Scope; path?: string | undefined }[];
  readonly saveGrant?: (grant: { tool: string; scope: Scope; path?: string | undefined }) => Promise<void>;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Resident memory of the process; default what the system says. */
  readonly memoryBytes?: () => number;
  /** Hears facts to be measured: one for a commit, a request, an append; never one for streaming text. */
  readonly observe?: Observe;
  /** Faults that nobody waits for: a listener that throws, a sleeper that cannot wake. Never called with a secret. */
  readonly onFault?: (fault: {
    readonly what: string;
    readonly session?: string;
    readonly error: unknown;
  }) => void;
}

export interface CreateOptions {
  /** Absolute; it must exist and be a readable folder. */
  readonly folder: string;
  /** Name of a profile; default `default`. */
  readonly profile?: string;
  /** Changes to that profile, for this session. */
  readonly change?: Partial<
    Pick<Profile, 'model' | 'mode' | 'tools' | 'prompt' | 'recovery' | 'runOnStart' | 'credentials'>
  > & {
    readonly maxSteps?: number;
    readonly turnTimeoutMs?: number;
    /** Laid over the profile's, limit by limit. */
    readonly budget?: Budget;
  };
  /** Unique in the folder; generated when left out. */
  readonly name?: string;
  readonly title?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** The same key gives the same session, however often and however concurrently it is asked. */
  readonly key?: string;
}

export interface SendOptions {
  /** Default `queue`. */
  readonly delivery?: 'steer' | 'queue';
  readonly without?: readonly ('history' | 'tools')[];
  readonly source?: Source;
  /** The same id and text again give the stored reply. */
  readonly id?: string;
}

/** The last `limit` parts (default 50) of messages below event `before`. */
export interface ContextPage {
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
}

/** The event of a type, or any. */
export type Heard<T extends EventType | '*'> = T extends EventType ? EventOf<T> : SessionEvent;

/** One session, near. Any number of these may exist for one session; none of them needs to be kept. */
export interface SessionHandle {
  readonly id: string;
  /** Resolves when the input is durable. */
  send(text: string, options?: SendOptions): Promise<CommandReply>;
  /** Sends and yields what happens, until the turn that delivers this input has finished or waits for a human. */
  run(text: string, options?: SendOptions): AsyncIterable<ViewItem>;
  /**
   * Any command; refusals throw a `CarrelError` with their code. Ids are of an identity: the same id of another (default: the host's
   * owner) is another command.
   */
  command(command: Command, identity?: string): Promise<CommandReply>;
  /** Cancels the open turn; with `turn` only that one, and `conflict` when it is not open any more. */
  cancel(reason?: string, turn?: string): Promise<CommandReply>;
  continue(): Promise<CommandReply>;
  /** The call may be left out when exactly one waits now; of one that comes later it is `conflict`. */
  approve(call?: string, scope?: Scope): Promise<CommandReply>;
  deny(call?: string, reason?: string): Promise<CommandReply>;
  addContext(text: string, role?: 'user' | 'note'): Promise<CommandReply>;
  /** Sums up the older part of the context now; events say what comes of it (`context.compacted`, `compaction.failed`). `conflict` while a turn works. */
  compact(): Promise<CommandReply>;
  /** Stops a compaction that is at work, else undoes the newest; `conflict` when there is none. */
  uncompact(): Promise<CommandReply>;
  /** What each part of its context costs, and whether the next request carries it. It wakes nobody. */
  context(page?: ContextPage): Promise<ContextReport>;
  /**
   * Every item after the cursor or after the event `after` (else from the start), each once and in order, live from then on. Ends
   * when the signal aborts, the reader leaves, the session is erased, or the host closes. It wakes nobody: an interrupted turn waits for a command.
   */
  follow(options?: {
    readonly cursor?: Cursor;
    readonly after?: number;
    /** With `after`: what was seen of the parts that were open there, UTF-16 units by part. */
    readonly parts?: Readonly<Record<string, number>>;
    readonly signal?: AbortSignal;
  }): AsyncIterable<ViewItem>;
  /** The same items as they come together, some of them none; one `next` at a time. For whoever passes them on. */
  batches(options?: Parameters<SessionHandle['follow']>[0]): AsyncIterator<readonly ViewItem[]>;
  /** Events behind `after`, in order. */
  events(range: { readonly after: number; readonly limit: number }): Promise<readonly SessionEvent[]>;
  /** The place behind event `seq` (default: the newest), to keep and to follow from later. */
  cursor(seq?: number): Promise<Cursor>;
  /** Called for each event of this type (`*`: all) after it is durable. It may be asynchronous, and is not waited for. What it throws or rejects with is counted and reported, nothing more. */
  on<T extends EventType | '*'>(type: T, listener: (event: Heard<T>) => unknown): Disposable;
  /** The list row as of the last durable event, with the place of its turn when that waits for a slot. */
  summary(): Promise<SessionSummary>;
  /** Resolves with the row as soon as the status is none of `running`; `until` narrows it. Rejects when the signal aborts. */
  settled(options?: { readonly signal?: AbortSignal }): Promise<SessionSummary>;
}

export interface Host extends AsyncDisposable {
  /** What counts now for the sessions of a folder. Rejects where nobody can say. */
  equipment(folder: string): Promise<Equipment>;
  /** Keys are of an identity, as ids of commands are. */
  create(options: CreateOptions, identity?: string): Promise<SessionHandle>;
  /** `not_found` when there is none. Does not wake it. */
  session(id: string): Promise<SessionHandle>;
  /** Removes the session and all that it spawned for good, with everything that is only theirs. `conflict` while a turn of one of them is open: cancel it first. When the host ends in between, some of what it spawned is gone and the session is not: ask again. Gives the hash of its last event. */
  erase(id: string): Promise<{ readonly head: string }>;
  /**
   * Hands a session a key for one provider, or takes it back, in memory only; its children use it too. `conflict` for a session that was
   * not created with credentials of its own.
   */
  setCredentials(id: string, provider: string, credentials: Credentials | undefined): Promise<void>;
  /** Rows as stored; those whose turn waits for a slot have its `position`. */
  list(query: Omit<ListQuery, 'owner'>): Promise<SessionPage>;
  /** The sessions that it spawned, oldest first; `not_found` when there is no such session. */
  children(id: string): Promise<readonly SessionSummary[]>;
  /** Sessions by status. */
  counts(): Promise<StatusCounts>;
  inbox(): Promise<readonly InboxItem[]>;
  /**
   * A session and all that it spawns, from the places named (else from the start): of each session every item once and in order, a
   * child's behind the `child.started` that names it. Ends as the following of the topmost session does.
   */
  followSubtree(
    id: string,
    options?: SubtreeFrom & { readonly signal?: AbortSignal },
  ): AsyncIterable<ViewItem>;
  /** The rows of all sessions and then those that change, each as it is when it is told; from a place only what changed since. */
  followList(options?: ListFrom & { readonly signal?: AbortSignal }): AsyncIterable<ListItem>;
  /** What these two give, in batches, some of them empty; one `next` at a time. */
  subtreeBatches(...from: Parameters<Host['followSubtree']>): AsyncIterator<readonly ViewItem[]>;
  listBatches(...from: Parameters<Host['followList']>): AsyncIterator<readonly ListItem[]>;
  /** Named places in the feed of all events. */
  readonly consumers: Consumers;
  /** Numbers for people and tests: live sessions, slots in use and free, viewers, faults. No secrets, no texts. */
  inspect(): HostReport;
  /** Asks a provider again now that is left alone after failures, or asked for a pause. `not_found` when it was never asked. */
  resetBreaker(provider: string): void;
  /** Stops taking work, parks running turns at the next safe point (they recover on the next open), waits for what runs to end, closes the store. Idempotent. */
  close(): Promise<void>;
}

export interface HostReport extends AdmissionReport {
  readonly live: number;
  /** Of the whole process, of all live sessions together and each of them; the latter are estimates, and an asleep one has none. */
  readonly memory: {
    readonly processBytes: number;
    readonly liveBytes: number;
    readonly sessions: Readonly<Record<string, number>>;
  };
  /** Files that turns at work have changed and keep from other sessions. */
  readonly locks: readonly FileLock[];
  readonly viewers: number;
  /** How often a viewer was too slow for its queue and read on from the store instead. */
  readonly viewersBehind: number;
  /** Slots that were found in use by sessions that do nothing, and taken back: bugs. */
  readonly leaked: number;
  /** Of each receiver of notifications. */
  readonly receivers: readonly ReceiverReport[];
  readonly listenerFaults: number;
  readonly crashes: number;
  readonly store: { readonly writable: boolean; readonly error?: string };
}
