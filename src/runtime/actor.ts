// The one writer of a session. Commands are decided in groups on the committed state, appended, and only then believed,
// published and answered. One append is in flight at a time.
import { deferred, newId, type Deferred, type Json } from '../base/index.ts';
import { CarrelError, fromErrorInfo, toErrorInfo, type CommandReply, type Frame } from '../protocol/index.ts';
import {
  Conversation,
  decide,
  effects,
  evolve,
  STATE_VERSION,
  summaryOf,
  type AnyCommand,
  type Decided,
  type SessionState,
} from '../session/index.ts';
import type { AppendGroup, AppendResult, TailChunk } from '../store/index.ts';
import { bodyHash } from './body-hash.ts';
import { day, frameOf } from './frame.ts';
import type { Hub } from './hub.ts';
import { readAll } from './load.ts';
import { Performer } from './performer.ts';
import type { SessionView } from './perform/view.ts';
import type { Scope } from './scope.ts';
import { Tail } from './tail.ts';

/** Commands of clients that may wait in one mailbox; results of effects are bounded by the effects. */
const MAILBOX = 256;
/** How far behind the stream the store may be, ms; half of what is promised, so that a sync fits. */
const TAIL_FLUSH_MS = 40;
/** Waits before a result is offered again to a store that cannot write, ms. */
const STORE_RETRY_MS = [100, 250, 500, 1_000, 2_000];
/** Events between two snapshots. */
const SNAPSHOT_EVERY = 256;

interface Mail {
  readonly command: AnyCommand;
  readonly answer: Deferred<CommandReply>;
}

interface Pending {
  readonly mail: Mail;
  readonly decided: Decided;
}

export interface Loaded {
  readonly state: SessionState;
  readonly fence: number;
  readonly snapshotSeq: number;
}

export interface ActorOptions {
  readonly scope: Scope;
  readonly hub: Hub;
  readonly loaded: Loaded;
  /** The actor has ended: `error` is a bug of ours, or word that another writer has the session. */
  readonly onDeath: (error: unknown) => void;
}

export class Actor implements SessionView {
  readonly id: string;
  lastUsedAt: number;
  readonly #scope: Scope;
  readonly #hub: Hub;
  readonly #fence: number;
  readonly #performer: Performer;
  readonly #tail = new Tail();
  readonly #onDeath: (error: unknown) => void;
  #state: SessionState;
  #snapshotSeq: number;
  #mailbox: Mail[] = [];
  #flushing: Promise<void> | undefined;
  #tailTimer: Disposable | undefined;
  #conversation: Promise<Conversation> | undefined;
  #frame:
    { readonly frame: Frame; readonly profile: SessionState['profile']; readonly day: string } | undefined;
  #storeFailures = 0;
  #closing = false;
  #dead: { readonly error: unknown } | undefined;

  constructor({ scope, hub, loaded, onDeath }: ActorOptions) {
    this.#scope = scope;
    this.#hub = hub;
    this.#state = loaded.state;
    this.#fence = loaded.fence;
    this.#snapshotSeq = loaded.snapshotSeq;
    this.#onDeath = onDeath;
    this.id = loaded.state.session;
    this.lastUsedAt = scope.clock.monotonic();
    this.#performer = new Performer(scope, this);
  }

  get state(): SessionState {
    return this.#state;
  }

  get fence(): number {
    return this.#fence;
  }

  /** Nothing runs, nothing waits to be decided, and nothing would be lost by going to sleep. */
  get idle(): boolean {
    return (
      !this.#performer.busy &&
      this.#mailbox.length === 0 &&
      this.#flushing === undefined &&
      !this.#tail.dirty &&
      effects(this.#state).length === 0
    );
  }

  /** The open parts, for a viewer that joins now. */
  frames(): ReturnType<Tail['frames']> {
    return this.#tail.frames(this.id, this.#state.seq);
  }

  submit(command: AnyCommand): Promise<CommandReply> {
    this.lastUsedAt = this.#scope.clock.monotonic();
    const answer = deferred<CommandReply>();
    if (this.#dead !== undefined) answer.reject(this.#dead.error);
    else if ('id' in command && this.#mailbox.length >= MAILBOX) answer.reject(this.#full());
    else {
      this.#mailbox.push({ command, answer });
      this.#pump();
    }
    return answer.promise;
  }

  delta(
    at: { readonly step: string; readonly part: string; readonly kind: 'text' | 'reasoning' },
    text: string,
  ): void {
    const offset = this.#tail.add(at, text);
    this.#hub.publishDelta({ type: 'delta', session: this.id, seq: this.#state.seq, ...at, offset, text });
    this.#tailTimer ??= this.#scope.clock.after(TAIL_FLUSH_MS, () => {
      this.#tailTimer = undefined;
      this.#pump();
    });
  }

  conversation(): Promise<Conversation> {
    this.#conversation ??= readAll(this.#scope, this.id, this.#state.seq);
    return this.#conversation;
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
    return new CarrelError(
      'overloaded',
      `${String(MAILBOX)} commands wait for session ${this.#state.name} already: ask again in 1000 ms.`,
      {
        data: { level: 'session', capacity: MAILBOX, retryAfterMs: 1_000 },
      },
    );
  }

  #pump(): void {
    if (this.#flushing !== undefined || this.#dead !== undefined) return;
    this.#flushing = this.#flush()
      .catch((error: unknown) => this.#die(error))
      .finally(() => {
        this.#flushing = undefined;
        if (this.#mailbox.length > 0) this.#pump();
      });
  }

  async #flush(): Promise<void> {
    const frame = await this.#currentFrame();
    if (frame === undefined) return;
    const mails = this.#mailbox;
    this.#mailbox = [];
    const pending = this.#decideAll(mails, frame);
    const chunks = this.#tail.takeChunks(pending.flatMap(({ decided }) => endedParts(decided.events)));
    const groups = this.#groups(pending, chunks);
    if (groups.length === 0) return;
    const results = await this.#append(groups, pending, chunks);
    if (results === undefined) return;
    const tailResult = chunks.length > 0 ? results.at(-1) : undefined;
    this.#commit(pending, results);
    if (tailResult !== undefined && tailResult.kind !== 'accepted') this.#refusedTail(chunks, tailResult);
  }

  /** Decides each on the state that the ones before it would lead to. */
  #decideAll(mails: readonly Mail[], frame: Frame): Pending[] {
    const facts = { at: this.#scope.clock.now(), incarnation: this.#fence, frame };
    const pending: Pending[] = [];
    let state = this.#state;
    for (const mail of mails) {
      const decided = decide(state, mail.command, facts);
      if ('refusal' in decided) {
        void this.#refuse(mail, fromErrorInfo(decided.refusal));
        continue;
      }
      state = decided.state;
      pending.push({ mail, decided });
    }
    return pending;
  }

  /** A repeat of a command that was carried out is answered with its reply, even where it would be refused now. */
  async #refuse({ command, answer }: Mail, error: CarrelError): Promise<void> {
    if (!('id' in command)) return answer.reject(error);
    try {
      const known = await this.#scope.store.command(this.#scope.owner, command.id, bodyHash(command));
      if (known?.same === true) answer.resolve(known.reply as CommandReply);
      else answer.reject(known === undefined ? error : repeated(command.id));
    } catch (cause) {
      answer.reject(cause);
    }
  }

  #groups(pending: readonly Pending[], chunks: readonly TailChunk[]): AppendGroup[] {
    const groups: AppendGroup[] = pending.map(({ mail, decided }) => this.#group(mail.command, decided));
    if (chunks.length > 0) {
      const expectedSeq = pending.at(-1)?.decided.state.seq ?? this.#state.seq;
      groups.push({ ...this.#address(expectedSeq), events: [], tail: chunks });
    }
    return groups;
  }

  #address(expectedSeq: number): Pick<AppendGroup, 'session' | 'fence' | 'expectedSeq' | 'appendId'> {
    const { clock, random } = this.#scope;
    return { session: this.id, fence: this.#fence, expectedSeq, appendId: newId('app', clock.now(), random) };
  }

  #group(command: AnyCommand, { events, state, reply }: Decided): AppendGroup {
    const identity = this.#scope.owner;
    const stored =
      'id' in command
        ? { command: { identity, id: command.id, bodyHash: bodyHash(command), reply: reply as Json } }
        : {};
    const due = state.turn === undefined && state.seq - this.#snapshotSeq >= SNAPSHOT_EVERY;
    const snapshot = {
      session: this.id,
      seq: state.seq,
      version: STATE_VERSION,
      state: state as unknown as Json,
    };
    return {
      ...this.#address(state.seq - events.length),
      events,
      ...(events.length > 0 ? { summary: summaryOf(state) } : {}),
      ...stored,
      ...(due ? { snapshot } : {}),
    };
  }

  /** The store's answers, or undefined when it could not write: then what was decided is decided again later, or refused. */
  async #append(
    groups: readonly AppendGroup[],
    pending: readonly Pending[],
    chunks: readonly TailChunk[],
  ): Promise<readonly AppendResult[] | undefined> {
    try {
      const results = await this.#scope.store.append(groups);
      this.#storeFailures = 0;
      return results;
    } catch (error) {
      this.#tail.unsave(chunks);
      await this.#afterStoreFailure(
        pending.map(({ mail }) => mail),
        error,
      );
      return undefined;
    }
  }

  /**
   * Nobody knows whether it was written, so the journal is read again; it is the truth. Results of effects are then offered
   * again (the core refuses what was recorded); commands of clients are refused, unless they turn out to be stored.
   */
  async #afterStoreFailure(mails: readonly Mail[], error: unknown): Promise<void> {
    const delayMs = STORE_RETRY_MS[Math.min(this.#storeFailures++, STORE_RETRY_MS.length - 1)] ?? 0;
    this.#scope.fault('the store could not write', error, this.id);
    const again: Mail[] = [];
    for (const mail of mails) {
      if ('id' in mail.command) void this.#refuse(mail, storeError(error));
      else if (this.#closing) mail.answer.reject(storeError(error));
      else again.push(mail);
    }
    this.#mailbox = [...again, ...this.#mailbox];
    if (this.#closing) return;
    await new Promise<void>((resolve) => void this.#scope.clock.after(delayMs, resolve));
    await this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    const page = await this.#scope.store.read(this.#scope.owner, this.id, {
      after: this.#state.seq,
      limit: 10_000,
    });
    if (page.events.length === 0) return;
    this.#believe(page.events, page.events.reduce(evolve, this.#state));
  }

  #commit(pending: readonly Pending[], results: readonly AppendResult[]): void {
    let broken = false;
    for (const [index, { mail, decided }] of pending.entries()) {
      const result = results[index];
      if (result?.kind === 'accepted') {
        if (decided.events.length > 0) this.#believe(decided.events, decided.state);
        mail.answer.resolve(decided.reply);
      } else if (broken && result?.kind === 'conflict') this.#mailbox.push(mail);
      else {
        broken = true;
        this.#notAccepted(mail, result);
      }
    }
    this.#performer.sync(effects(this.#state));
  }

  #notAccepted({ command, answer }: Mail, result: AppendResult | undefined): void {
    if (result?.kind === 'repeated') {
      if (result.same) answer.resolve(result.reply as CommandReply);
      else answer.reject(repeated('id' in command ? command.id : command.type));
    } else if (result?.kind === 'name_taken') {
      const message = `Another session of this folder has that name (${result.by}): choose another.`;
      answer.reject(new CarrelError('already_exists', message, { data: { session: result.by } }));
    } else {
      const why =
        result?.kind === 'fenced'
          ? `claim ${String(result.fence)} holds it`
          : result?.kind === 'conflict'
            ? result.why
            : 'the store gave no answer';
      const error = new CarrelError(
        'conflict',
        `Session ${this.#state.name} was written by someone else: ${why}. Ask again.`,
      );
      answer.reject(error);
      throw error;
    }
  }

  /** Committed: the state is readable before anyone sees the events. */
  #believe(events: Decided['events'], state: SessionState): void {
    this.#state = state;
    for (const part of endedParts(events)) this.#tail.end(part);
    const snapshotDue = state.turn === undefined && state.seq - this.#snapshotSeq >= SNAPSHOT_EVERY;
    if (snapshotDue) this.#snapshotSeq = state.seq;
    if (this.#conversation !== undefined) {
      if (state.turn === undefined) this.#conversation = undefined;
      else this.#conversation = this.#conversation.then((conversation) => fold(conversation, events));
    }
    for (const event of events) {
      if (
        event.type === 'approval.resolved' &&
        event.data.scope === 'always' &&
        event.data.grant !== undefined
      )
        this.#saveGrant(event.data.grant);
    }
    this.#hub.publish(events);
  }

  #saveGrant(grant: Parameters<Scope['saveGrant']>[0]): void {
    this.#scope
      .saveGrant(grant)
      .catch((error: unknown) => this.#scope.fault('a permission could not be saved', error, this.id));
  }

  /** The parts have ended or the journal has moved: what the store does not take is in an event, or will be. */
  #refusedTail(chunks: readonly TailChunk[], result: AppendResult): void {
    if (result.kind === 'fenced')
      throw new CarrelError(
        'conflict',
        `Session ${this.#state.name} was taken over by claim ${String(result.fence)}.`,
      );
    this.#tail.unsave(chunks);
    this.#scope.fault(
      'streamed text was not taken',
      new CarrelError('conflict', result.kind === 'conflict' ? result.why : result.kind),
      this.id,
    );
  }

  async #currentFrame(): Promise<Frame | undefined> {
    const today = day(this.#scope.clock.now());
    const { profile } = this.#state;
    if (this.#frame?.profile === profile) {
      if (this.#frame.day === today) return this.#frame.frame;
      this.#frame = { profile, day: today, frame: { ...this.#frame.frame, date: today } };
      return this.#frame.frame;
    }
    try {
      this.#frame = { profile, day: today, frame: await frameOf(this.#scope, profile) };
      return this.#frame.frame;
    } catch (error) {
      const mails = this.#mailbox;
      this.#mailbox = [];
      await this.#afterStoreFailure(mails, error);
      return undefined;
    }
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

function endedParts(events: Decided['events']): string[] {
  return events.flatMap((event) =>
    event.type === 'text.ended' || event.type === 'reasoning.ended' ? [event.data.part] : [],
  );
}

function fold(conversation: Conversation, events: Decided['events']): Conversation {
  for (const event of events) if (event.seq > conversation.seq) conversation.add(event);
  return conversation;
}

function repeated(id: string): CarrelError {
  return new CarrelError('conflict', `Command ${id} was used before with another body: use a new id.`);
}

function storeError(error: unknown): CarrelError {
  const { code, message } = toErrorInfo(error);
  return new CarrelError(code === 'internal' ? 'store_unavailable' : code, message, { cause: error });
}
