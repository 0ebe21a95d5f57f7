// The one writer of a session. Commands are decided in groups on the committed state, appended, and only then believed,
// published and answered. One append is in flight at a time.
import { deferred } from '../base/index.ts';
import {
  CarrelError,
  codeOf,
  fromErrorInfo,
  type CommandReply,
  type Grant,
  type SessionEvent,
} from '../protocol/index.ts';
import {
  decide,
  effects,
  evolve,
  type AnyCommand,
  type Conversation,
  type SessionState,
} from '../session/index.ts';
import type { AppendResult, TailChunk } from '../store/index.ts';
import { GroupMaker, type Pending } from './groups.ts';
import type { Hub } from './hub.ts';
import { answerRefused, isClients, lost, refuse, type Mail } from './mail.ts';
import type { Loaded } from './load.ts';
import { Performer } from './performer.ts';
import type { SessionView } from './perform/view.ts';
import type { Scope } from './scope.ts';
import { Tail } from './tail.ts';
import { TurnContext } from './turn-context.ts';

/** Commands of clients that may wait in one mailbox; results of effects are bounded by the effects. */
const MAILBOX = 256;
/** How far behind the stream the store may be, ms; less than half of what is promised, so that a sync fits. */
const TAIL_FLUSH_MS = 40;
/** Waits before a result is offered again to a store that cannot write, ms. */
const STORE_RETRY_MS = [100, 250, 500, 1_000, 2_000];

export interface ActorOptions {
  readonly scope: Scope;
  readonly hub: Hub;
  readonly loaded: Loaded;
  /** The actor has ended: `error` is a bug of ours, or word that someone else writes the session. */
  readonly onDeath: (error: unknown) => void;
}

export class Actor implements SessionView {
  readonly id: string;
  readonly fence: number;
  lastUsedAt: number;
  readonly #scope: Scope;
  readonly #hub: Hub;
  readonly #performer: Performer;
  readonly #groups: GroupMaker;
  readonly #context: TurnContext;
  readonly #tail = new Tail();
  readonly #onDeath: (error: unknown) => void;
  #state: SessionState;
  #mailbox: Mail[] = [];
  #flushing: Promise<void> | undefined;
  #tailTimer: Disposable | undefined;
  /** The time to write streaming text came while something else was being written. */
  #tailDue = false;
  #storeFailures = 0;
  #closing = false;
  #dead: { readonly error: unknown } | undefined;

  constructor({ scope, hub, loaded, onDeath }: ActorOptions) {
    this.#scope = scope;
    this.#hub = hub;
    this.#state = loaded.state;
    this.#onDeath = onDeath;
    this.id = loaded.state.session;
    this.fence = loaded.fence;
    this.lastUsedAt = scope.clock.monotonic();
    this.#groups = new GroupMaker(scope, loaded);
    this.#context = new TurnContext(scope);
    this.#performer = new Performer({ scope, view: this });
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Nothing runs, nothing waits to be decided, and nothing would be lost by going to sleep. */
  get idle(): boolean {
    const quiet = this.#mailbox.length === 0 && this.#flushing === undefined && !this.#tail.dirty;
    return quiet && !this.#performer.busy && effects(this.#state).length === 0;
  }

  /** The open parts, for a viewer that joins now. */
  frames(): ReturnType<Tail['frames']> {
    return this.#tail.frames(this.id, this.#state.seq);
  }

  /** Resolves once the command's events are synced, with the stored reply for a repeat; rejects with its refusal. */
  submit(command: AnyCommand): Promise<CommandReply> {
    this.lastUsedAt = this.#scope.clock.monotonic();
    const mail: Mail = { command, answer: deferred<CommandReply>() };
    if (this.#dead !== undefined) mail.answer.reject(this.#dead.error);
    else if (isClients(mail) && this.#mailbox.length >= MAILBOX) mail.answer.reject(this.#full());
    else {
      this.#mailbox.push(mail);
      this.#pump();
    }
    return mail.answer.promise;
  }

  delta(
    at: { readonly step: string; readonly part: string; readonly kind: 'text' | 'reasoning' },
    text: string,
  ): void {
    const offset = this.#tail.add(at, text);
    this.#hub.publishDelta({ type: 'delta', session: this.id, seq: this.#state.seq, ...at, offset, text });
    this.#armTail();
  }

  conversation(): Promise<Conversation> {
    return this.#context.conversation(this.#state);
  }

  /** Starts what a loaded state wants done. Only after a recovery is synced, when there is one. */
  wake(): void {
    this.#performer.sync(effects(this.#state));
  }

  /** Stops what runs and writes what is left. The state stays as the journal has it. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#performer.close();
    while (this.#flushing !== undefined || this.#mailbox.length > 0) await this.#flushing;
    if (this.#tail.dirty) await this.#flush();
    this.#stop(new CarrelError('cancelled', `The host closed session ${this.#state.name}.`));
  }

  #full(): CarrelError {
    const message = `${String(MAILBOX)} commands wait for session ${this.#state.name} already: ask again in 1000 ms.`;
    return new CarrelError('overloaded', message, {
      data: { level: 'session', capacity: MAILBOX, retryAfterMs: 1_000 },
    });
  }

  #armTail(): void {
    this.#tailTimer ??= this.#scope.clock.after(TAIL_FLUSH_MS, () => {
      this.#tailTimer = undefined;
      this.#tailDue = this.#flushing !== undefined;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#flushing !== undefined || this.#dead !== undefined) return;
    this.#tailDue = false;
    this.#flushing = this.#flush()
      .catch((error: unknown) => this.#die(error))
      .finally(() => {
        this.#flushing = undefined;
        if (this.#mailbox.length > 0 || this.#tailDue) this.#pump();
        else if (this.#tail.dirty && this.#dead === undefined) this.#armTail();
      });
  }

  async #flush(): Promise<void> {
    let pending: readonly Pending[] = [];
    let chunks: readonly TailChunk[] = [];
    let results: readonly AppendResult[];
    try {
      const frame = await this.#context.frame(this.#state);
      pending = this.#decideAll({ at: this.#scope.clock.now(), incarnation: this.fence, frame });
      chunks = this.#tail.takeChunks(pending.flatMap(({ decided }) => endedParts(decided.events)));
      const groups = this.#groups.make(pending, chunks, this.#state.seq);
      if (groups.length === 0) return;
      results = await this.#scope.store.append(groups);
      this.#storeFailures = 0;
    } catch (error) {
      this.#tail.unsave(chunks);
      this.#mailbox = [...pending.map(({ mail }) => mail), ...this.#mailbox];
      await this.#afterFailure(error);
      return;
    }
    this.#commit(pending, results);
    if (chunks.length > 0) this.#checkTail(chunks, results.at(-1));
  }

  /** Decides each on the state that the ones before it would lead to. A command leaves the mailbox once it is decided. */
  #decideAll(facts: Parameters<typeof decide>[2]): readonly Pending[] {
    const mails = this.#mailbox;
    const pending: Pending[] = [];
    let state = this.#state;
    for (const mail of mails) {
      const decided = decide(state, mail.command, facts);
      if ('refusal' in decided) {
        void refuse(this.#scope, mail, fromErrorInfo(decided.refusal));
        continue;
      }
      state = decided.state;
      pending.push({ mail, decided });
    }
    this.#mailbox = [];
    return pending;
  }

  /**
   * Nobody knows what was written, so the journal is read again; it is the truth. Results of effects are then offered again
   * (the core refuses what was recorded); commands of clients are refused, unless they turn out to be stored.
   */
  async #afterFailure(error: unknown): Promise<void> {
    if (codeOf(error) !== 'store_unavailable') throw error;
    this.#scope.fault('the store could not write', error, this.id);
    const mails = this.#mailbox;
    this.#mailbox = mails.filter((mail) => !isClients(mail) && !this.#closing);
    for (const mail of mails)
      if (!this.#mailbox.includes(mail)) void refuse(this.#scope, mail, error as CarrelError);
    if (this.#closing) return;
    const delayMs = STORE_RETRY_MS[Math.min(this.#storeFailures++, STORE_RETRY_MS.length - 1)] ?? 0;
    await new Promise<void>((resolve) => void this.#scope.clock.after(delayMs, resolve));
    const { events } = await this.#scope.store.read(this.#scope.owner, this.id, {
      after: this.#state.seq,
      limit: 10_000,
    });
    if (events.length > 0) this.#believe(events, events.reduce(evolve, this.#state));
    this.#performer.sync(effects(this.#state));
  }

  /** A command behind one that the store did not take stands on a state that is not: it is decided again. */
  #commit(pending: readonly Pending[], results: readonly AppendResult[]): void {
    let broken = false;
    let fatal: CarrelError | undefined;
    for (const [index, { mail, decided }] of pending.entries()) {
      const result = results[index];
      if (result?.kind === 'accepted') {
        if (decided.events.length > 0) this.#believe(decided.events, decided.state);
        mail.answer.resolve(decided.reply);
      } else if (fatal !== undefined) mail.answer.reject(fatal);
      else if (broken && result?.kind === 'conflict') this.#mailbox.push(mail);
      else {
        broken = true;
        fatal = answerRefused(mail, result);
      }
    }
    if (fatal !== undefined) throw fatal;
    this.#performer.sync(effects(this.#state));
  }

  /** Committed: the state is readable before anyone sees the events. */
  #believe(events: readonly SessionEvent[], state: SessionState): void {
    this.#state = state;
    this.#groups.wrote(state);
    this.#context.committed(events, state);
    for (const part of endedParts(events)) this.#tail.end(part);
    for (const event of events) {
      if (
        event.type === 'approval.resolved' &&
        event.data.scope === 'always' &&
        event.data.grant !== undefined
      ) {
        this.#saveGrant(event.data.grant);
      }
    }
    this.#hub.publish(events);
  }

  #saveGrant(grant: Grant): void {
    this.#scope
      .saveGrant(grant)
      .catch((error: unknown) => this.#scope.fault('a permission could not be saved', error, this.id));
  }

  /** Text that was not taken waits again, unless the session is someone else's. */
  #checkTail(chunks: readonly TailChunk[], result: AppendResult | undefined): void {
    if (result?.kind === 'accepted') return;
    if (result?.kind === 'fenced') throw lost(result);
    this.#tail.unsave(chunks);
    this.#scope.fault('streamed text was not taken', lost(result), this.id);
  }

  #die(error: unknown): void {
    if (this.#dead !== undefined) return;
    this.#stop(error);
    void this.#performer.close();
    this.#onDeath(error);
  }

  #stop(error: unknown): void {
    this.#dead ??= { error };
    this.#tailTimer?.[Symbol.dispose]();
    this.#tailTimer = undefined;
    for (const { answer } of this.#mailbox) answer.reject(error);
    this.#mailbox = [];
  }
}

function endedParts(events: readonly SessionEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'text.ended' || event.type === 'reasoning.ended' ? [event.data.part] : [],
  );
}
