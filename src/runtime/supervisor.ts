// Which sessions are live, and what happens when one of them dies: it alone is loaded again from its journal.
import { sleep } from '../base/index.ts';
import { CarrelError, codeOf, type CommandReply } from '../protocol/index.ts';
import { wakeAt, type AnyCommand, type SessionState } from '../session/index.ts';
import { Actor } from './actor.ts';
import { Backlog } from './backlog.ts';
import { endedUnseen } from './children/moved.ts';
import type { Others } from './children/others.ts';
import { CrashLog } from './crash-log.ts';
import { Due } from './due.ts';
import type { Hub } from './hub.ts';
import { Hubs } from './hubs.ts';
import { load, publishMissed, type Loaded } from './load.ts';
import { isTaken } from './mail.ts';
import { Residency, type ResidencyLimits } from './residency.ts';
import type { Scope } from './scope.ts';

/** Who is to sleep is looked at this often at least, ms: memory may grow as fast as models speak. */
const BEAT_MS = 10_000;

interface Live {
  readonly actor: Promise<Actor>;
  /** The same, once it is loaded. */
  ready?: Actor;
}

export class Supervisor implements Others {
  readonly #scope: Scope;
  readonly #limits: ResidencyLimits;
  readonly #live = new Map<string, Live>();
  /** What sessions that are not live any more still run: none is loaded again before that has ended. */
  readonly #ending = new Map<string, Promise<void>>();
  readonly #hubs: Hubs;
  readonly #crashes = new CrashLog();
  readonly #residency: Residency;
  readonly #backlog: Backlog;
  readonly #due: Due;
  readonly #stop = new AbortController();
  #beat: Disposable;
  listenerFaults = 0;

  constructor(scope: Scope, limits: ResidencyLimits) {
    this.#scope = scope;
    this.#limits = limits;
    this.#residency = new Residency({
      scope,
      limits,
      live: () => this.#residents(),
      sleep: (session) => this.#end(session),
    });
    this.#backlog = new Backlog(scope, (session) => this.actor(session));
    this.#due = new Due(scope, (sessions) => this.#backlog.add(sessions));
    this.#hubs = new Hubs({
      isLive: (session) => this.#live.has(session),
      onFault: (session, error) => {
        this.listenerFaults++;
        this.#scope.fault('a listener threw', error, session);
      },
    });
    this.#beat = this.#armBeat();
  }

  get live(): number {
    return this.#live.size;
  }

  /** Memory of each live session, bytes, about. */
  get bytes(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#residents()].map(({ id, bytes }) => [id, bytes]));
  }

  /** Whether it does anything, or is about to. */
  atWork(session: string): boolean {
    const live = this.#live.get(session);
    return this.#ending.has(session) || (live !== undefined && live.ready?.idle !== true);
  }

  get viewers(): number {
    return this.#hubs.viewers;
  }

  get viewersBehind(): number {
    return this.#hubs.behind;
  }

  get crashes(): number {
    return this.#crashes.total;
  }

  /** Aborts when the host closes. */
  get ending(): AbortSignal {
    return this.#stop.signal;
  }

  get #closed(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Everyone who watches this session, whether it is live or asleep. */
  hub(session: string): Hub {
    return this.#hubs.of(session);
  }

  /** The actor when the session is live now. */
  peek(session: string): Actor | undefined {
    return this.#live.get(session)?.ready;
  }

  /** The session's actor: loaded from the journal, and recovered, when it is not live. Concurrent callers share one load. */
  actor(session: string): Promise<Actor> {
    if (this.#closed) return Promise.reject(this.#stop.signal.reason as CarrelError);
    return (
      this.#live.get(session)?.actor ?? this.#keep(session, this.#load(session, this.#ending.get(session)))
    );
  }

  /** Hands the command to the session's actor, which may just be going to sleep: then to its next. */
  async submit(session: string, command: AnyCommand, identity?: string): Promise<CommandReply> {
    for (;;) {
      const actor = await this.actor(session);
      if (!actor.gone) return actor.submit(command, identity);
    }
  }

  /** Takes the session up without anybody asking; later, when it cannot be now. */
  async wake(session: string): Promise<void> {
    try {
      await this.actor(session);
    } catch (error) {
      this.#backlog.refused(session, error);
    }
  }

  /** Takes up whoever is due, now and from now on. */
  watchDue(): void {
    void this.#due.look();
  }

  /** Takes these up in their order, few at once. Resolves once they are, or the rest has to wait for room and follows by itself. */
  async takeUp(sessions: readonly string[]): Promise<void> {
    this.#backlog.addTurns(sessions);
    await this.#backlog.rested();
  }

  get hasRoom(): boolean {
    return this.#live.size < this.#limits.liveSessions;
  }

  /** A session that was created just now: its state is known. One that is known here already has its one actor. */
  adopt(state: SessionState, fence: number): void {
    if (this.#closed || this.#live.has(state.session) || this.#ending.has(state.session)) return;
    const actor = this.#make({ state, fence, snapshotSeq: 0 });
    actor.wake();
    this.#live.set(actor.id, { actor: Promise.resolve(actor), ready: actor });
  }

  childMoved(parent: string, child: string): void {
    this.#tell(parent, child).catch((error: unknown) => this.#backlog.refused(parent, error));
  }

  /** Stops what the session runs and removes it with `remove`, before it may be live again. Who watches it sees its end. */
  async retire<T>(session: string, remove: () => Promise<T>): Promise<T> {
    const retired = this.#end(session).then(remove);
    void this.#hold(session, Promise.allSettled([retired]));
    try {
      const removed = await retired;
      this.#backlog.remove(session);
      this.#hubs.end(session);
      return removed;
    } catch (error) {
      void this.wake(session);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#stop.abort(new CarrelError('cancelled', 'The host is closed.'));
    for (const timed of [this.#beat, this.#backlog, this.#due]) timed[Symbol.dispose]();
    for (const session of this.#live.keys()) void this.#end(session);
    await Promise.all(this.#ending.values());
    this.#hubs.close();
  }

  /** A parent whose turn is over waits for nobody, and is left asleep. */
  async #tell(parent: string, child: string): Promise<void> {
    const { owner, store } = this.#scope;
    if (!this.#live.has(parent) && (await store.summary(owner, parent))?.open !== true) return;
    (await this.actor(parent)).atWork.childMoved(child);
  }

  #keep(session: string, loading: Promise<Actor>): Promise<Actor> {
    const entry: Live = { actor: loading };
    this.#live.set(session, entry);
    loading.then(
      (actor) => {
        entry.ready = actor;
        // Until then it stays in the backlog: nobody else would try again when this load fails.
        this.#backlog.remove(session);
      },
      () => {
        if (this.#live.get(session) === entry) this.#live.delete(session);
        this.#hubs.drop(session);
      },
    );
    return loading;
  }

  /** `before` is what must have ended. */
  async #load(session: string, before: Promise<unknown> = Promise.resolve()): Promise<Actor> {
    await before;
    const { clock, observe } = this.#scope;
    const began = clock.monotonic();
    if (this.#live.size > this.#limits.liveSessions) await this.#residency.makeRoom();
    const { recovery, ...loaded } = await load(this.#scope, session);
    await publishMissed(this.#scope, this.hub(session), loaded.state);
    const actor = this.#make(loaded);
    const crash = this.#crashes.unwritten(session);
    const first = [crash, recovery].filter((command) => command !== undefined);
    await Promise.all(first.map((command) => actor.submit(command)));
    this.#crashes.written(session);
    actor.wake();
    observe({ type: 'woken', tookMs: clock.monotonic() - began });
    const { parent } = actor.state;
    if (parent !== undefined && endedUnseen(actor.state)) this.childMoved(parent, session);
    return actor;
  }

  #make(loaded: Loaded): Actor {
    const { session, seq } = loaded.state;
    const hub = this.hub(session);
    hub.seq = seq;
    const state = { ...loaded.state, profile: this.#scope.frames.share(loaded.state.profile) };
    return new Actor({
      scope: this.#scope,
      hub,
      others: this,
      loaded: { ...loaded, state },
      onDeath: this.#onDeath,
    });
  }

  *#residents(): Generator<Actor> {
    for (const { ready } of this.#live.values()) if (ready !== undefined) yield ready;
  }

  #armBeat(): Disposable {
    const { clock } = this.#scope;
    return clock.after(Math.min(this.#limits.asleepAfterMs, BEAT_MS), () => {
      const now = clock.monotonic();
      this.#residency.look(now);
      this.#crashes.prune(now);
      this.#beat = this.#armBeat();
    });
  }

  /** Puts a session to sleep; nothing of it is lost, and its next command wakes it, or the next of its timers. */
  #end(session: string): Promise<void> {
    const live = this.#live.get(session);
    this.#backlog.remove(session);
    if (live === undefined) return this.#ending.get(session) ?? Promise.resolve();
    this.#live.delete(session);
    return this.#hold(session, this.#finish(session, live));
  }

  async #finish(session: string, { actor, ready }: Live): Promise<void> {
    const { clock, observe } = this.#scope;
    const began = clock.monotonic();
    try {
      const ending = ready ?? (await actor);
      await ending.close();
      const at = wakeAt(ending.state);
      if (ending.atWork.unfinished && !this.#closed) this.#backlog.addLater(session);
      else if (at !== undefined && !this.#closed) this.#due.expect(session, at);
      this.#scope.conversations.take(session);
      await this.#scope.store.release(session, ending.fence);
      observe({ type: 'slept', tookMs: clock.monotonic() - began });
    } catch (error) {
      if (!this.#closed || codeOf(error) !== 'cancelled')
        this.#scope.fault('a session could not be put to sleep', error, session);
    }
  }

  /** Keeps the session from being live before this has ended too. It never rejects. */
  #hold(session: string, ended: Promise<unknown>): Promise<void> {
    const held = Promise.all([this.#ending.get(session), ended]).then(() => {
      if (this.#ending.get(session) === held) this.#ending.delete(session);
      this.#hubs.drop(session);
    });
    this.#ending.set(session, held);
    return held;
  }

  readonly #onDeath = (session: string, error: unknown, ended: Promise<void>): void => {
    const { clock, fault } = this.#scope;
    this.#live.delete(session);
    const held = this.#hold(session, ended);
    if (this.#closed) return;
    if (codeOf(error) !== 'internal') {
      fault('a session was given up', error, session);
      if (!isTaken(error)) this.#backlog.addLater(session);
      return;
    }
    fault('a session crashed', error, session);
    const delayMs = this.#crashes.add(session, error, clock.monotonic());
    const pause = sleep(clock, delayMs, this.#stop.signal);
    const restarted = this.#load(session, Promise.all([held, pause]));
    this.#keep(session, restarted).catch((cause: unknown) => this.#backlog.refused(session, cause));
  };
}
