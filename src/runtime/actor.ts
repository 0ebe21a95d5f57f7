// The one writer of a session. Commands are decided in groups on the committed state, appended, and only then believed,
// published and answered. One append is in flight at a time.
import { deferred, newId } from '../base/index.ts';
import {
  CarrelError,
  codeOf,
  type CommandReply,
  type ErrorCode,
  type Frame,
  type SessionEvent,
} from '../protocol/index.ts';
import { evolve, type AnyCommand, type Conversation, type SessionState } from '../session/index.ts';
import type { AppendGroup, AppendResult, TailChunk } from '../store/index.ts';
import { AtWork } from './at-work.ts';
import { concernsParent } from './children/moved.ts';
import type { Others } from './children/others.ts';
import { decideAll, GroupMaker, type Pending } from './groups.ts';
import type { Hub } from './hub.ts';
import { answerRefused, isClients, lost, refuse, type Mail } from './mail.ts';
import { Mailbox } from './mailbox.ts';
import type { Loaded } from './load.ts';
import { Patience } from './patience.ts';
import type { SessionView } from './perform/view.ts';
import { saveGrants } from './save-grants.ts';
import type { Scope } from './scope.ts';
import { endedParts, Tail } from './tail.ts';
import { TurnContext } from './turn-context.ts';

/** With these the store may work again later, and the session is as its journal says. */
const STORE_TROUBLE: readonly ErrorCode[] = ['store_unavailable', 'overloaded'];

/** Characters of chance that tell one actor's appends from another's. */
const NOISE = 8;

/** Events read again after a failed append: more than one append holds. */
const REREAD = 10_000;

export interface ActorOptions {
  readonly scope: Scope;
  readonly hub: Hub;
  /** What it may do to other sessions. */
  readonly others: Others;
  readonly loaded: Loaded;
  /**
   * The actor takes nothing any more: `error` is a bug of ours, or word that someone else writes the session. What it ran has
   * ended once `ended` resolves.
   */
  readonly onDeath: (session: string, error: unknown, ended: Promise<void>) => void;
}

/** An idle session's state, journal place and fan-out. */
const IDLE_BYTES = 2_048;
/** UTF-16: too much for most text, but never too little. */
const UNIT_BYTES = 2;

export class Actor implements SessionView {
  readonly id: string;
  readonly fence: number;
  readonly atWork: AtWork;
  lastUsedAt: number;
  readonly #scope: Scope;
  readonly #hub: Hub;
  readonly #others: Others;
  readonly #groups: GroupMaker;
  readonly #context: TurnContext;
  readonly #tail = new Tail();
  readonly #onDeath: ActorOptions['onDeath'];
  readonly #mailbox = new Mailbox();
  readonly #patience: Patience;
  #state: SessionState;
  #flushing: Promise<void> | undefined;
  #tailTimer: Disposable | undefined;
  /** The time to write streaming text came while something else was being written. */
  #tailDue = false;
  /** An append failed, and the journal has not been read since. */
  #unsure = false;
  /** Nothing is started before the recovery is synced. */
  #awake = false;
  #closing = false;
  #dead: { readonly error: unknown } | undefined;

  constructor({ scope, hub, others, loaded, onDeath }: ActorOptions) {
    this.#scope = scope;
    this.#hub = hub;
    this.#others = others;
    this.#state = loaded.state;
    this.#onDeath = onDeath;
    this.id = loaded.state.session;
    this.fence = loaded.fence;
    this.lastUsedAt = scope.clock.monotonic();
    this.#groups = new GroupMaker(loaded, newId('app', scope.clock.now(), scope.random).slice(-NOISE));
    this.#patience = new Patience(scope.clock);
    this.#context = new TurnContext(scope);
    this.atWork = new AtWork({ scope, view: this, others });
  }

  get state(): SessionState {
    return this.#state;
  }

  /** It takes no commands any more. */
  get gone(): boolean {
    return this.#closing || this.#dead !== undefined;
  }

  /** Nothing runs, nothing waits to be decided, and nothing is lost by going to sleep, if it wakes when a timer is due. */
  get idle(): boolean {
    const quiet = this.#mailbox.length === 0 && this.#flushing === undefined && !this.#tail.dirty;
    return quiet && this.atWork.idle;
  }

  /** Memory it holds, about. */
  get bytes(): number {
    const kept = this.#scope.conversations.sizeOf(this.id);
    const units = kept + this.#context.size + this.#tail.size + this.#mailbox.size;
    return IDLE_BYTES + UNIT_BYTES * units + this.#hub.bytes;
  }

  /** The open parts, for a viewer that joins now. */
  frames(): ReturnType<Tail['frames']> {
    return this.#tail.frames(this.id, this.#state.seq);
  }

  /** Resolves once the command's events are synced, with the stored reply for a repeat; rejects with its refusal. */
  submit(command: AnyCommand, identity: string = this.#scope.owner): Promise<CommandReply> {
    this.lastUsedAt = this.#scope.clock.monotonic();
    const mail: Mail = { session: this.id, identity, command, answer: deferred<CommandReply>() };
    const refusal = this.#dead === undefined ? this.#mailbox.add(mail) : this.#dead.error;
    if (refusal !== undefined) mail.answer.reject(refusal);
    else if (isClients(mail)) this.#patience.hurry();
    this.#pump();
    return mail.answer.promise;
  }

  delta(
    at: { readonly step: string; readonly part: string; readonly kind: 'text' | 'reasoning' },
    text: string,
  ): void {
    if (this.#dead !== undefined) return;
    const offset = this.#tail.add(at, text);
    this.#hub.publishDelta({ type: 'delta', session: this.id, seq: this.#state.seq, ...at, offset, text });
    this.#armTail();
  }

  conversation(): Promise<Conversation> {
    return this.#context.conversation(this.#state);
  }

  /** Starts what a loaded state wants done. Only after a recovery is synced, when there is one. */
  wake(): void {
    this.#awake = true;
    this.#sync();
  }

  /** Stops what runs and writes what is left. The state stays as the journal has it. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#patience.hurry();
    await this.atWork.close();
    await this.#quiet();
    if (this.#tail.dirty) this.#pump();
    await this.#quiet();
    this.#stop(new CarrelError('cancelled', `The host closed session ${this.#state.name}.`));
  }

  async #quiet(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
  }

  #sync(): void {
    if (!this.#awake || this.gone) return;
    this.atWork.sync();
  }

  #armTail(): void {
    this.#tailTimer ??= this.#scope.tailBeat.join(() => {
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
        if (this.#mailbox.length > 0 || this.#tailDue || (this.#unsure && !this.#closing)) this.#pump();
        else if (this.#tail.dirty && this.#dead === undefined) this.#armTail();
      });
  }

  async #flush(): Promise<void> {
    let pending: readonly Pending[] = [];
    let chunks: readonly TailChunk[] = [];
    let results: readonly AppendResult[];
    try {
      if (this.#unsure) await this.#reread();
      const frame = await this.#frame();
      pending = decideAll(this.#scope, {
        mailbox: this.#mailbox,
        state: this.#state,
        fence: this.fence,
        frame,
      });
      chunks = this.#tail.takeChunks(pending.flatMap(({ decided }) => endedParts(decided.events)));
      const groups = this.#groups.make(pending, chunks, this.#state.seq);
      if (groups.length === 0) return;
      results = await this.#append(groups);
      this.#patience.reset();
    } catch (error) {
      this.#tail.unsave(chunks);
      this.#mailbox.putBack(pending.map(({ mail }) => mail));
      await this.#afterFailure(error);
      return;
    }
    const whole = this.#commit(pending, results);
    const written = results.at(-1);
    if (chunks.length === 0 || written?.kind === 'accepted') return;
    // Text behind a command that was not taken waits again, as that did; nothing else keeps it out but another writer.
    if (whole || written?.kind !== 'conflict') throw lost(written);
    this.#tail.unsave(chunks);
  }

  async #append(groups: readonly AppendGroup[]): Promise<readonly AppendResult[]> {
    const { clock, observe, store } = this.#scope;
    const began = clock.monotonic();
    try {
      const results = await store.append(groups);
      observe({ type: 'appended', tookMs: clock.monotonic() - began });
      return results;
    } catch (error) {
      observe({ type: 'appended', tookMs: clock.monotonic() - began, error: codeOf(error) });
      throw error;
    }
  }

  /** A turn that is open goes on with its own texts when new ones cannot be written, so that it can be cancelled and answered. */
  async #frame(): Promise<Frame> {
    try {
      const { turn, inputs } = this.#state;
      // Files are looked at only where a turn may begin. One that begins unforeseen has what the turn before it had.
      if (turn === undefined || inputs.length > 0 || this.#mailbox.mails.some(isClients))
        return await this.#scope.frames.for(this.#state);
      const { instructions } = turn.frame;
      const frame = await this.#scope.frames.of(this.#state);
      return instructions === undefined ? frame : { ...frame, instructions };
    } catch (error) {
      const open = this.#state.turn;
      if (open === undefined || !STORE_TROUBLE.includes(codeOf(error))) throw error;
      this.#scope.fault('texts for the next turn could not be written', error, this.id);
      return open.frame;
    }
  }

  /**
   * Nobody knows what was written, so the journal is read again; it is the truth. Results of effects are then offered again
   * (the core refuses what was recorded); commands of clients are refused, unless they turn out to be stored.
   */
  async #afterFailure(error: unknown): Promise<void> {
    if (!STORE_TROUBLE.includes(codeOf(error))) throw error;
    this.#scope.fault('the store could not write', error, this.id);
    this.#unsure = true;
    try {
      await this.#reread();
    } catch (cause) {
      if (!STORE_TROUBLE.includes(codeOf(cause))) throw cause;
      this.#scope.fault('a journal could not be read', cause, this.id);
    }
    const mails = this.#mailbox.takeAll();
    const again = mails.filter((mail) => !isClients(mail) && !this.#closing);
    this.#mailbox.putBack(again);
    for (const mail of mails) if (!again.includes(mail)) void refuse(this.#scope, mail, error as CarrelError);
    if (!this.#closing) await this.#patience.wait();
  }

  /** Believes what the store has beyond the state. */
  async #reread(): Promise<void> {
    const { owner, store } = this.#scope;
    const range = { after: this.#state.seq, limit: REREAD };
    const { events } = await store.read(owner, this.id, range);
    const stored = await store.tail(owner, this.id);
    this.#unsure = false;
    const state = events.reduce(evolve, this.#state);
    // What a later incarnation has begun is its own to do.
    if (state.incarnation > this.fence) throw lost({ kind: 'fenced', fence: state.incarnation });
    if (events.length > 0) this.#believe(events, state);
    this.#tail.stored(stored);
    this.#sync();
  }

  /** A command behind one that the store did not take stands on a state that is not: it is decided again. Gives whether all were taken. */
  #commit(pending: readonly Pending[], results: readonly AppendResult[]): boolean {
    const again: Mail[] = [];
    let broken = false;
    let fatal: CarrelError | undefined;
    for (const [index, { mail, decided }] of pending.entries()) {
      const result = results[index];
      if (result?.kind === 'accepted') {
        if (decided.events.length > 0) this.#believe(decided.events, decided.state);
        mail.answer.resolve(decided.reply);
      } else if (fatal !== undefined) mail.answer.reject(fatal);
      else if (broken && result?.kind === 'conflict') again.push(mail);
      else {
        broken = true;
        fatal = answerRefused(mail, result);
      }
    }
    this.#mailbox.putBack(again);
    if (fatal !== undefined) throw fatal;
    this.#sync();
    return !broken;
  }

  /** Committed: the state is readable before anyone sees the events. */
  #believe(events: readonly SessionEvent[], state: SessionState): void {
    const before = this.#state;
    this.#state = state;
    this.#groups.wrote(state);
    this.#context.committed(events, state);
    for (const part of endedParts(events)) this.#tail.end(part);
    saveGrants(this.#scope, events);
    this.#hub.publish(events);
    this.#scope.observe({ type: 'committed', before, events, state });
    if (state.parent !== undefined && concernsParent(before, events, state))
      this.#others.childMoved(state.parent, this.id);
  }

  #die(error: unknown): void {
    if (this.#dead !== undefined) return;
    this.#stop(error);
    this.#onDeath(this.id, error, this.atWork.close());
  }

  #stop(error: unknown): void {
    this.#dead ??= { error };
    this.#tailTimer?.[Symbol.dispose]();
    this.#tailTimer = undefined;
    for (const { answer } of this.#mailbox.takeAll()) answer.reject(error);
  }
}
