// The library door: composes everything below it, and reads no environment.
import { setImmediate } from 'node:timers/promises';
import { Flat, systemClock, systemRandom } from '../base/index.ts';
import {
  CarrelError,
  type InboxItem,
  type ListFrom,
  type ListItem,
  type SessionSummary,
  type SubtreeFrom,
  type ViewItem,
} from '../protocol/index.ts';
import {
  Admission,
  Beat,
  Conversations,
  Frames,
  Keyring,
  ListFollowing,
  openSessions,
  SubtreeFollowing,
  Supervisor,
  TextBlobs,
  unusable,
  Watchdog,
  type Equipment,
  type Fact,
  type Scope,
} from '../runtime/index.ts';
import type { ListQuery, SessionPage } from '../store/index.ts';
import { FileLocks } from '../tool/index.ts';
import type { Credentials } from '../model/index.ts';
import { Consumers } from './consumers.ts';
import { createSession } from './create.ts';
import { Notifications } from './notify/index.ts';
import { NearSession } from './handle.ts';
import { readInbox } from './inbox.ts';
import { childrenOf, refuseAtWork, subtreeOf } from './subtree.ts';
import type { CreateOptions, Host, HostLimits, HostOptions, HostReport, SessionHandle } from './port.ts';

export const HOST_LIMITS: HostLimits = {
  turns: 24,
  requestsPerProvider: 6,
  toolsAtOnce: 64,
  waitingTurns: 1_000,
  waitMs: 10 * 60_000,
  reservePercent: 25,
  agedAfterMs: 30_000,
  liveSessions: 1_000,
  asleepAfterMs: 10 * 60_000,
  memoryMb: 1_024,
  sessionMemoryMb: 75,
};

/** How far behind the stream the store may be, ms; less than half of what is promised, so that a sync fits. */
const TAIL_FLUSH_MS = 40;

/**
 * Opens a host on a store that is its own from here on. It resolves once what `recover` names has been taken up, but for what has to
 * wait for room. Several hosts in one process need several stores.
 */
export async function openHost(options: HostOptions): Promise<Host> {
  const limits = { ...HOST_LIMITS, ...options.limits };
  const host = new NearHost(options, limits);
  try {
    await host.recover(options.recover ?? 'lazy');
  } catch (error) {
    await host.close();
    throw error;
  }
  return host;
}

class NearHost implements Host {
  readonly consumers: Consumers;
  readonly #notifications: Notifications;
  readonly #scope: Scope;
  readonly #supervisor: Supervisor;
  readonly #watchdog: Watchdog;
  readonly #options: HostOptions;
  /** The same for every folder, where nothing tells them apart. */
  readonly #general: Equipment;
  #closing: Promise<void> | undefined;

  constructor(options: HostOptions, limits: HostLimits) {
    this.#options = options;
    const { models, tools, profiles } = options;
    this.#general = { models, tools, profiles, grants: () => options.grants?.() ?? [] };
    const clock = options.clock ?? systemClock;
    const { store } = options;
    const blobs = new TextBlobs(store);
    const equip = (folder: string): Promise<Equipment> => this.equipment(folder).catch(unusable);
    this.#scope = {
      store,
      files: new FileLocks(clock),
      equip,
      clock,
      random: options.random ?? systemRandom,
      owner: options.owner ?? 'local',
      blobs,
      frames: new Frames({ blobs, clock, equip, instructions: options.instructions }),
      conversations: new Conversations(clock),
      tailBeat: new Beat(clock, TAIL_FLUSH_MS),
      admission: new Admission({
        limits,
        clock,
        ...(options.toolsAtOnce === undefined ? {} : { tools: options.toolsAtOnce }),
        ...(options.rates === undefined ? {} : { rates: options.rates }),
      }),
      keyring: new Keyring(options.credentials),
      saveGrant: async (grant) => options.saveGrant?.(grant),
      memoryBytes: options.memoryBytes ?? (() => process.memoryUsage.rss()),
      observe: (fact) => this.#observed(fact),
      fault: (what, error, session) => this.#report(what, error, session),
    };
    const supervisor = new Supervisor(this.#scope, limits);
    this.#supervisor = supervisor;
    this.consumers = new Consumers(this.#scope, supervisor.ending);
    this.#notifications = new Notifications(this.#scope, options.receivers ?? []);
    const { admission, fault } = this.#scope;
    this.#watchdog = new Watchdog({
      clock,
      held: () => admission.held(),
      atWork: (session) => supervisor.atWork(session),
      fault,
    });
  }

  async create(options: CreateOptions, identity = this.#scope.owner): Promise<SessionHandle> {
    this.#open();
    const { clock, observe } = this.#scope;
    const began = clock.monotonic();
    const created = await createSession(this.#scope, {
      options,
      identity,
      equipment: (folder) => this.equipment(folder),
    });
    if (created.kind === 'new') observe({ type: 'created', tookMs: clock.monotonic() - began });
    if (created.kind === 'new' && this.#supervisor.hasRoom) this.#supervisor.adopt(created.decided.state, 1);
    return this.#handle(created.kind === 'new' ? created.decided.state.session : created.session);
  }

  async equipment(folder: string): Promise<Equipment> {
    return (await this.#options.equip?.(folder)) ?? this.#general;
  }

  async session(id: string): Promise<SessionHandle> {
    this.#open();
    const handle = this.#handle(id);
    await handle.summary();
    return handle;
  }

  async erase(id: string): Promise<{ readonly head: string }> {
    const row = await (await this.session(id)).summary();
    const below = await subtreeOf(this.#scope.store, this.#scope.owner, id);
    refuseAtWork([row, ...below], 'erase');
    for (const { session } of below) await this.#eraseOne(session);
    return this.#eraseOne(id);
  }

  async setCredentials(id: string, provider: string, credentials: Credentials | undefined): Promise<void> {
    const { state } = await this.#supervisor.actor(id);
    if (state.profile.credentials !== 'session') {
      const message = `Session ${id} uses the keys of its host: create one with change.credentials "session" to hand it keys.`;
      throw new CarrelError('conflict', message);
    }
    this.#scope.keyring.hand(id, provider, credentials);
  }

  #eraseOne(id: string): Promise<{ readonly head: string }> {
    return this.#supervisor.retire(id, async () => {
      const { blobs, conversations, keyring, owner, store } = this.#scope;
      // An input may have been accepted since.
      const row = await store.summary(owner, id);
      if (row !== undefined) refuseAtWork([row], 'erase');
      conversations.take(id);
      keyring.forget(id);
      blobs.forget();
      // Appends that name a text written before are on their way now; later ones write it again, and so keep it.
      await setImmediate();
      const { clock, observe } = this.#scope;
      const began = clock.monotonic();
      const erased = await store.erase(owner, id);
      observe({ type: 'erased', tookMs: clock.monotonic() - began });
      return erased;
    });
  }

  async list(query: Omit<ListQuery, 'owner'>): Promise<SessionPage> {
    const { admission, owner, store } = this.#scope;
    const page = await store.list({ ...query, owner });
    if (!admission.contended) return page;
    const positions = admission.positions(new Set(page.sessions.map(({ session }) => session)));
    const sessions = page.sessions.map((row) => {
      const position = positions.get(row.session);
      return position === undefined ? row : { ...row, position };
    });
    return { ...page, sessions };
  }

  counts(): ReturnType<Host['counts']> {
    return this.#scope.store.counts(this.#scope.owner);
  }

  async children(id: string): Promise<readonly SessionSummary[]> {
    const { owner, store } = this.#scope;
    await this.session(id);
    return childrenOf(store, owner, id);
  }

  inbox(): Promise<readonly InboxItem[]> {
    return readInbox(this.#scope.store, this.#scope.owner);
  }

  followSubtree(...from: Parameters<Host['followSubtree']>): AsyncIterableIterator<ViewItem> {
    return new Flat(this.subtreeBatches(...from));
  }

  subtreeBatches(
    id: string,
    options: SubtreeFrom & { readonly signal?: AbortSignal } = {},
  ): AsyncIterator<readonly ViewItem[]> {
    this.#open();
    const watched = { scope: this.#scope, supervisor: this.#supervisor, session: id };
    return new SubtreeFollowing(watched, options);
  }

  followList(...from: Parameters<Host['followList']>): AsyncIterableIterator<ListItem> {
    return new Flat(this.listBatches(...from));
  }

  listBatches(
    options: ListFrom & { readonly signal?: AbortSignal } = {},
  ): AsyncIterator<readonly ListItem[]> {
    this.#open();
    return new ListFollowing(this.#scope, { ...options, ending: this.#supervisor.ending });
  }

  inspect(): HostReport {
    const { writable, error } = this.#scope.store.health();
    return {
      live: this.#supervisor.live,
      memory: this.#memory(),
      ...this.#scope.admission.report(),
      locks: this.#scope.files.list(),
      leaked: this.#watchdog.leaked,
      viewers: this.#supervisor.viewers,
      viewersBehind: this.#supervisor.viewersBehind,
      receivers: this.#notifications.report,
      listenerFaults: this.#supervisor.listenerFaults,
      crashes: this.#supervisor.crashes,
      store: { writable, ...(error === undefined ? {} : { error: error.message }) },
    };
  }

  resetBreaker(provider: string): void {
    if (!this.#scope.admission.resetBreaker(provider))
      throw new CarrelError('not_found', `No request was made to a provider ${provider} yet.`);
  }

  #memory(): HostReport['memory'] {
    const sessions = this.#supervisor.bytes;
    const liveBytes = Object.values(sessions).reduce((sum, bytes) => sum + bytes, 0);
    return { processBytes: this.#scope.memoryBytes(), liveBytes, sessions };
  }

  /** Those that are marked come one after the other, so that they get to work in their order; the others few at once. */
  async recover(what: NonNullable<HostOptions['recover']>): Promise<void> {
    if (what === 'used') return;
    if (what !== 'lazy') {
      const { marked, others } = await openSessions(this.#scope);
      for (const session of marked) await this.#supervisor.wake(session);
      if (what === 'all') await this.#supervisor.takeUp(others);
    }
    this.#supervisor.watchDue();
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #closeAll(): Promise<void> {
    this.#watchdog[Symbol.dispose]();
    try {
      await this.#supervisor.close();
    } finally {
      await this.#notifications.close();
      this.#scope.admission[Symbol.dispose]();
      await this.#scope.store[Symbol.asyncDispose]();
    }
  }

  /** What the program does with a report is its own affair: it disturbs no session. */
  #report(what: string, error: unknown, session: string | undefined): void {
    try {
      this.#options.onFault?.({ what, error, ...(session === undefined ? {} : { session }) });
    } catch {
      this.#supervisor.listenerFaults++;
    }
  }

  /** Whoever measures disturbs nothing either. */
  #observed(fact: Fact): void {
    try {
      this.#options.observe?.(fact);
    } catch {
      this.#supervisor.listenerFaults++;
    }
  }

  #open(): void {
    if (this.#closing !== undefined) throw new CarrelError('cancelled', 'The host is closed.');
  }

  #handle(id: string): SessionHandle {
    return new NearSession(id, this.#scope, this.#supervisor);
  }
}
