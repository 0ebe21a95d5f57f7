import { Flat, newId } from '../base/index.ts';
import {
  CarrelError,
  type Command,
  type CommandReply,
  type ContextReport,
  type Cursor,
  type EventType,
  type SessionEvent,
  type SessionSummary,
  type Source,
  type ViewItem,
} from '../protocol/index.ts';
import { follow, Following, type Scope, type Supervisor, type Watched } from '../runtime/index.ts';
import { endOfInput, statusOf, summaryOf } from '../session/index.ts';
import { Running, type Started } from './running.ts';
import { archiveTree } from './subtree.ts';
import { readContext } from './context.ts';
import type { ContextPage, Heard, SendOptions, SessionHandle } from './port.ts';

const USER: Source = { kind: 'user' };

/** Events that one input can lead to at once: every queued one delivered, and a turn begun. */
const LONGEST_APPEND = 1_000;

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** A session, near. It holds nothing but the id, so it may be kept or dropped at will. */
export class NearSession implements SessionHandle {
  readonly id: string;
  readonly #watched: Watched;
  readonly #scope: Scope;
  readonly #supervisor: Supervisor;

  constructor(id: string, scope: Scope, supervisor: Supervisor) {
    this.id = id;
    this.#watched = { scope, supervisor, session: id };
    this.#scope = scope;
    this.#supervisor = supervisor;
  }

  async command(command: Command, identity?: string): Promise<CommandReply> {
    if (command.type === 'input/send') await this.#admit();
    if (command.type === 'session/archive')
      return archiveTree(this.#scope, this.#supervisor, { session: this.id, command, identity });
    return this.#supervisor.submit(this.id, command, identity);
  }

  /** Refuses what would start a turn when not even a place to wait is left for it. */
  async #admit(): Promise<void> {
    const { state } = await this.#supervisor.actor(this.id);
    const refusal = state.turn === undefined ? this.#scope.admission.turnRefusal(this.id) : undefined;
    if (refusal !== undefined) throw refusal;
  }

  send(text: string, options: SendOptions = {}): Promise<CommandReply> {
    return this.command(this.#sendCommand(text, options));
  }

  run(text: string, options: SendOptions = {}): AsyncIterable<ViewItem> {
    const command = this.#sendCommand(text, options);
    return new Flat(new Running(() => this.#start(command)), this.#endOf(command.id));
  }

  /** Sends, and gives what happens from there on. The viewer is there before the command, so that nothing of it needs to be read. */
  async #start(command: Command): Promise<Started> {
    const { seq: after } = await this.summary();
    const following = new Following(this.#watched, { after });
    const first = following.next();
    // When the command is refused, that is what the reader hears.
    first.catch(() => undefined);
    try {
      const { seq } = await this.command(command);
      if (seq > after) return { following, first };
      const place = await this.#beforeInput(command.id, seq);
      await following.return();
      const again = new Following(this.#watched, { after: place });
      return { following: again, first: again.next() };
    } catch (error) {
      await following.return();
      throw error;
    }
  }

  /** A repeat is followed from where its input was accepted: in the append that ended at `seq`. */
  async #beforeInput(command: string, seq: number): Promise<number> {
    const range = { before: seq + 1, limit: LONGEST_APPEND };
    const { events } = await this.#scope.store.read(this.#scope.owner, this.id, range);
    const input = events.find((event) => event.type === 'input.accepted' && event.data.command === command);
    return input === undefined ? seq : input.seq - 1;
  }

  cancel(reason?: string, turn?: string): Promise<CommandReply> {
    const optional = { ...(reason === undefined ? {} : { reason }), ...(turn === undefined ? {} : { turn }) };
    return this.#do({ type: 'turn/cancel', by: USER, ...optional });
  }

  continue(): Promise<CommandReply> {
    return this.#do({ type: 'turn/continue', by: USER });
  }

  async approve(
    call?: string,
    scope: Extract<Command, { type: 'approval/resolve' }>['scope'] = 'once',
  ): Promise<CommandReply> {
    const which = await this.#meant(call);
    return this.#do({ type: 'approval/resolve', decision: 'allow', scope, by: USER, ...which });
  }

  async deny(call?: string, reason?: string): Promise<CommandReply> {
    const optional = { ...(await this.#meant(call)), ...(reason === undefined ? {} : { reason }) };
    return this.#do({ type: 'approval/resolve', decision: 'deny', scope: 'once', by: USER, ...optional });
  }

  /** Without a call the one is meant that waits now, and none that comes later. */
  async #meant(call: string | undefined): Promise<{ call: string } | { seq: number }> {
    return call === undefined ? { seq: (await this.summary()).seq } : { call };
  }

  addContext(text: string, role: 'user' | 'note' = 'user'): Promise<CommandReply> {
    return this.#do({ type: 'context/add', text, role });
  }

  compact(): Promise<CommandReply> {
    return this.#do({ type: 'context/compact', by: USER });
  }

  uncompact(): Promise<CommandReply> {
    return this.#do({ type: 'context/uncompact', by: USER });
  }

  context(page: ContextPage = {}): Promise<ContextReport> {
    return readContext(this.#watched, page);
  }

  follow(options: Parameters<SessionHandle['follow']>[0] = {}): AsyncIterable<ViewItem> {
    return follow(this.#watched, options);
  }

  batches(options: Parameters<SessionHandle['follow']>[0] = {}): AsyncIterator<readonly ViewItem[]> {
    return new Following(this.#watched, options);
  }

  async events(range: { readonly after: number; readonly limit: number }): Promise<readonly SessionEvent[]> {
    return (await this.#scope.store.read(this.#scope.owner, this.id, range)).events;
  }

  async cursor(seq?: number): Promise<Cursor> {
    const place = seq ?? (await this.summary()).seq;
    const { hash } = await this.#scope.store.read(this.#scope.owner, this.id, { after: place, limit: 0 });
    return { seq: place, hash };
  }

  on<T extends EventType | '*'>(type: T, listener: (event: Heard<T>) => unknown): Disposable {
    return this.#supervisor.hub(this.id).on(type, listener as (event: SessionEvent) => unknown);
  }

  async summary(): Promise<SessionSummary> {
    const actor = this.#supervisor.peek(this.id);
    if (actor !== undefined) {
      const position = this.#scope.admission.position(this.id);
      return { ...summaryOf(actor.state), ...(position === undefined ? {} : { position }) };
    }
    const row = await this.#scope.store.summary(this.#scope.owner, this.id);
    if (row === undefined) throw new CarrelError('not_found', `There is no session ${this.id}.`);
    return row;
  }

  async settled({ signal }: { readonly signal?: AbortSignal } = {}): Promise<SessionSummary> {
    await this.#supervisor.actor(this.id);
    const { seq: after, ...first } = await this.summary();
    if (first.status !== 'running') return { seq: after, ...first };
    const options = signal === undefined ? { after } : { after, signal };
    for await (const item of follow(this.#watched, options)) {
      if (item.type === 'delta') continue;
      const now = await this.summary();
      if (now.status !== 'running') return now;
    }
    throw new CarrelError('cancelled', `Waiting for session ${this.id} was stopped.`, {
      cause: signal?.reason as unknown,
    });
  }

  #do(body: WithoutId<Command>): Promise<CommandReply> {
    return this.command({ ...body, id: this.#newCommandId() });
  }

  #newCommandId(): string {
    return newId('cmd', this.#scope.clock.now(), this.#scope.random);
  }

  #sendCommand(
    text: string,
    { delivery = 'queue', source = USER, without, id }: SendOptions,
  ): Extract<Command, { type: 'input/send' }> {
    const optional = without === undefined ? {} : { without: [...without] };
    return { type: 'input/send', id: id ?? this.#newCommandId(), text, source, delivery, ...optional };
  }

  /** Picks the event that ends what the input led to, or leaves its turn to a human. */
  #endOf(command: string): (item: ViewItem) => boolean {
    const ends = endOfInput(command);
    return (item) => item.type !== 'delta' && (ends(item) || this.#waitsAt(item));
  }

  /** One that is asleep with a question open waits for its answer. */
  #waitsAt({ type, seq }: SessionEvent): boolean {
    const state = this.#supervisor.peek(this.id)?.state;
    if (state === undefined) return type === 'approval.requested';
    return state.seq === seq && statusOf(state) === 'waiting';
  }
}
