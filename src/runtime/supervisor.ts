// Which sessions are live, and what happens when one of them dies: it alone is loaded again from its journal.
import { CarrelError, codeOf, toErrorInfo } from '../protocol/index.ts';
import type { SessionState } from '../session/index.ts';
import { Actor } from './actor.ts';
import { Hub } from './hub.ts';
import { load, type Loaded } from './load.ts';
import type { Scope } from './scope.ts';

/** Restarts of one session in this time before it is `failed`. */
const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 60_000;
/** Before the n-th restart, ms: doubled each time. */
const RESTART_DELAY_MS = 50;

export interface SupervisorLimits {
  readonly liveSessions: number;
  readonly asleepAfterMs: number;
}

interface Live {
  readonly actor: Promise<Actor>;
  /** The same, once it is loaded. */
  ready?: Actor;
}

export class Supervisor {
  readonly #scope: Scope;
  readonly #limits: SupervisorLimits;
  readonly #live = new Map<string, Live>();
  readonly #hubs = new Map<string, Hub>();
  readonly #crashes = new Map<string, number[]>();
  #sweep: Disposable | undefined;
  #closed = false;
  crashes = 0;
  listenerFaults = 0;

  constructor(scope: Scope, limits: SupervisorLimits) {
    this.#scope = scope;
    this.#limits = limits;
    this.#armSweep();
  }

  get live(): number {
    return this.#live.size;
  }

  get viewers(): number {
    let viewers = 0;
    for (const hub of this.#hubs.values()) viewers += hub.viewers;
    return viewers;
  }

  /** Everyone who watches this session, whether it is live or asleep. */
  hub(session: string): Hub {
    let hub = this.#hubs.get(session);
    if (hub === undefined) {
      hub = new Hub((error) => {
        this.listenerFaults++;
        this.#scope.fault('a listener threw', error, session);
      });
      this.#hubs.set(session, hub);
    }
    return hub;
  }

  /** The actor when the session is live now. */
  peek(session: string): Actor | undefined {
    return this.#live.get(session)?.ready;
  }

  /** The session's actor: loaded from the journal, and recovered, when it is not live. Concurrent callers share one load. */
  actor(session: string): Promise<Actor> {
    const live = this.#live.get(session);
    if (live !== undefined) return live.actor;
    if (this.#closed) return Promise.reject(new CarrelError('cancelled', 'The host is closed.'));
    return this.#keep(session, this.#load(session));
  }

  /** A session that was created just now: its state is known. When too many are live it stays asleep. */
  adopt(state: SessionState, fence: number): void {
    if (this.#live.size >= this.#limits.liveSessions) return;
    const actor = this.#make({ state, fence, snapshotSeq: 0 });
    this.#live.set(actor.id, { actor: Promise.resolve(actor), ready: actor });
  }

  /** Stops what the session runs, waits for its end, and gives it up. */
  sleep(session: string): Promise<void> {
    return this.#end(session);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#sweep?.[Symbol.dispose]();
    await Promise.all([...this.#live.keys()].map((session) => this.#end(session)));
    for (const hub of this.#hubs.values()) hub.close();
  }

  #keep(session: string, loading: Promise<Actor>): Promise<Actor> {
    const entry: Live = { actor: loading };
    this.#live.set(session, entry);
    loading.then(
      (actor) => (entry.ready = actor),
      () => {
        if (this.#live.get(session) === entry) this.#live.delete(session);
      },
    );
    return loading;
  }

  async #load(session: string): Promise<Actor> {
    if (this.#live.size >= this.#limits.liveSessions) await this.#makeRoom();
    const { recovery, ...loaded } = await load(this.#scope, session);
    const actor = this.#make(loaded);
    if (recovery !== undefined) await actor.submit(recovery);
    actor.wake();
    return actor;
  }

  #make(loaded: Loaded): Actor {
    const session = loaded.state.session;
    return new Actor({
      scope: this.#scope,
      hub: this.hub(session),
      loaded,
      onDeath: (error) => this.#onDeath(session, error),
    });
  }

  /** Puts the session that was idle longest to sleep, or refuses. */
  async #makeRoom(): Promise<void> {
    const idle = this.#idle().toSorted((a, b) => a.lastUsedAt - b.lastUsedAt)[0];
    const { liveSessions } = this.#limits;
    if (idle === undefined) {
      throw new CarrelError(
        'limit_reached',
        `${String(this.#live.size)} sessions are live and none is idle, at most ${String(liveSessions)} may be (limits.liveSessions).`,
      );
    }
    await this.#end(idle.id);
  }

  #idle(): Actor[] {
    return [...this.#live.values()].flatMap(({ ready }) => (ready?.idle === true ? [ready] : []));
  }

  #armSweep(): void {
    this.#sweep = this.#scope.clock.after(this.#limits.asleepAfterMs, () => {
      const asleepBefore = this.#scope.clock.monotonic() - this.#limits.asleepAfterMs;
      for (const actor of this.#idle()) if (actor.lastUsedAt <= asleepBefore) void this.#end(actor.id);
      if (!this.#closed) this.#armSweep();
    });
  }

  /** Puts a session to sleep; nothing of it is lost, and its next command wakes it. */
  async #end(session: string): Promise<void> {
    const live = this.#live.get(session);
    if (live === undefined) return;
    try {
      const actor = await live.actor;
      await actor.close();
      await this.#scope.store.release(session, actor.fence);
    } catch (error) {
      this.#scope.fault('a session could not be put to sleep', error, session);
    }
    if (this.#live.get(session) === live) this.#live.delete(session);
    if (this.#hubs.get(session)?.idle === true) this.#hubs.delete(session);
  }

  #onDeath(session: string, error: unknown): void {
    this.#live.delete(session);
    if (this.#closed) return;
    if (codeOf(error) !== 'internal') {
      this.#scope.fault('a session was taken over', error, session);
      return;
    }
    this.crashes++;
    this.#scope.fault('a session crashed', error, session);
    void this.#keep(session, this.#restart(session, error));
  }

  async #restart(session: string, error: unknown): Promise<Actor> {
    const now = this.#scope.clock.monotonic();
    const recent = [...(this.#crashes.get(session) ?? []), now].filter((at) => at > now - RESTART_WINDOW_MS);
    this.#crashes.set(session, recent);
    const delayMs = RESTART_DELAY_MS * 2 ** (recent.length - 1);
    await new Promise<void>((resolve) => void this.#scope.clock.after(delayMs, resolve));
    const { recovery, ...loaded } = await load(this.#scope, session);
    const actor = this.#make(loaded);
    const failed = recent.length > MAX_RESTARTS;
    await actor.submit({ type: failed ? 'session/fail' : 'session/crash', error: toErrorInfo(error) });
    if (recovery !== undefined) await actor.submit(recovery);
    actor.wake();
    return actor;
  }
}
