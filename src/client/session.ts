import {
  CarrelError,
  type CommandReply,
  type CommandType,
  type ContextReport,
  type Cursor,
  type FollowFrom,
  type Link,
  type ParamsOf,
  type SessionEvent,
  type SessionSummary,
  type Source,
  type SubtreeFrom,
  type ViewItem,
} from '../protocol/index.ts';
import { MAY_REST } from '../session/index.ts';
import { run } from './run.ts';

const USER: Source = { kind: 'user' };

export interface SendOptions {
  /** `steer`: before the next step of a turn at work. Default `queue`: after the turn. */
  readonly delivery?: 'steer' | 'queue';
  readonly without?: readonly ('history' | 'tools')[];
  readonly attachments?: ParamsOf<'input/send'>['attachments'];
  readonly source?: Source;
  /** The same id and text again give the stored reply. */
  readonly id?: string;
}

/** An input on its way: its reply, and what comes of it. It is sent once, whether it is awaited, read, or neither. */
export type Sent = Promise<CommandReply> & AsyncIterable<ViewItem>;

/** What a command says beside its session; `id` as for `SendOptions`. */
export type CommandBody<T extends CommandType> = Omit<ParamsOf<T>, 'session'>;

type Approval = ParamsOf<'approval/resolve'>;

/** One session of a host. It holds nothing but the id: keep it, drop it, or make another. */
export class ClientSession {
  readonly id: string;
  readonly #link: Link;
  readonly #newCommandId: () => string;

  constructor(id: string, link: Link, newCommandId: () => string) {
    this.id = id;
    this.#link = link;
    this.#newCommandId = newCommandId;
  }

  /** Awaited, it resolves when the input is durable, and waits for nothing else; read with `for await`, it is what `run` yields. */
  send(text: string, options: SendOptions = {}): Sent {
    const id = options.id ?? this.#newCommandId();
    const sent = this.#send(text, { ...options, id });
    const watch = (): AsyncGenerator<ViewItem> => run({ session: this, command: id, send: () => sent });
    return Object.assign(sent, { [Symbol.asyncIterator]: watch });
  }

  /**
   * Sends and yields what happens, until the turn that delivers this input has finished or waits for a human. Leaving it, or the
   * signal, stops the watching and not the turn. A reader who never asks sends nothing.
   */
  run(
    text: string,
    { signal, ...options }: SendOptions & { readonly signal?: AbortSignal } = {},
  ): AsyncIterable<ViewItem> {
    const id = options.id ?? this.#newCommandId();
    const send = (): Promise<CommandReply> => this.#send(text, { ...options, id });
    return run({ session: this, command: id, send }, signal);
  }

  /** Any command of the table. Without an `id` it has one of its own, so that it is carried out once, whatever the connection does. */
  command<T extends CommandType>(type: T, body: CommandBody<T>): Promise<CommandReply> {
    const params = { id: this.#newCommandId(), ...body, session: this.id };
    return this.#link.call(type, params as unknown as ParamsOf<T>);
  }

  /** Resolves when the request is recorded. With `turn` only that one, and `conflict` when it is not open any more. */
  cancel(reason?: string, turn?: string): Promise<CommandReply> {
    return this.command('turn/cancel', { by: USER, reason, turn });
  }

  continue(): Promise<CommandReply> {
    return this.command('turn/continue', { by: USER });
  }

  /** The call may be left out when exactly one waits now; of one that comes later it is `conflict`. */
  approve(call?: string, scope: Approval['scope'] = 'once'): Promise<CommandReply> {
    return this.#resolve({ decision: 'allow', scope, call });
  }

  deny(call?: string, reason?: string): Promise<CommandReply> {
    return this.#resolve({ decision: 'deny', scope: 'once', call, reason });
  }

  /**
   * Hands the host a key for this session's requests to one provider, or takes it back with `null`. It is kept in memory only: a host that
   * was started again has none, and the session says so. `conflict` for a session not created with `change.credentials`.
   */
  async setCredentials(provider: string, apiKey: string | null): Promise<void> {
    await this.#link.call('session/credentials', { session: this.id, provider, apiKey });
  }

  /** What the model should know, without a turn. */
  addContext(text: string, role: 'user' | 'note' = 'user'): Promise<CommandReply> {
    return this.command('context/add', { text, role });
  }

  /** Sums up the older part of the context now; events say what comes of it. `conflict` while a turn works. */
  compact(): Promise<CommandReply> {
    return this.command('context/compact', { by: USER });
  }

  /** Stops a compaction that is at work, else undoes the newest; `conflict` when there is none. */
  uncompact(): Promise<CommandReply> {
    return this.command('context/uncompact', { by: USER });
  }

  /** What each part of its context costs, and whether the next request carries it. */
  context(page: Omit<ParamsOf<'context/get'>, 'session'> = {}): Promise<ContextReport> {
    return this.#link.call('context/get', { session: this.id, ...page });
  }

  /**
   * Every item behind the place (else from the start), each once and in order, live from then on, whatever connections are lost
   * meanwhile. Ends when the signal aborts, the reader leaves, the session is erased, or the client is closed.
   */
  follow({
    signal,
    ...from
  }: FollowFrom & { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<ViewItem> {
    return this.#link.follow(this.id, from, signal === undefined ? {} : { signal });
  }

  /** The same of this session and all that it spawns; each item names its session. It ends with this one. */
  followSubtree({
    signal,
    ...from
  }: SubtreeFrom & { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<ViewItem> {
    return this.#link.followSubtree(this.id, from, signal === undefined ? {} : { signal });
  }

  /** Events behind `after`, in order. */
  events(range: { readonly after: number; readonly limit: number }): Promise<readonly SessionEvent[]> {
    return this.#link.call('session/events', { session: this.id, ...range });
  }

  /** The place behind event `seq` (default: the newest), to keep and to follow from later. */
  cursor(seq?: number): Promise<Cursor> {
    return this.#link.call('session/cursor', { session: this.id, seq });
  }

  summary(): Promise<SessionSummary> {
    return this.#link.call('session/get', { session: this.id });
  }

  /** Resolves with the row as soon as the status is not `running`. Rejects with `cancelled` when the signal aborts or the client is closed. */
  async settled({ signal }: { readonly signal?: AbortSignal } = {}): Promise<SessionSummary> {
    const first = await this.summary();
    if (first.status !== 'running') return first;
    const options = signal === undefined ? {} : { signal };
    for await (const { type } of this.follow({ after: first.seq, ...options })) {
      if (!MAY_REST.has(type)) continue;
      const now = await this.summary();
      if (now.status !== 'running') return now;
    }
    throw new CarrelError('cancelled', `Waiting for session ${this.id} was stopped.`, {
      cause: signal?.reason as unknown,
    });
  }

  async #resolve(answer: Omit<CommandBody<'approval/resolve'>, 'by'>): Promise<CommandReply> {
    const seq = answer.call === undefined ? (await this.summary()).seq : undefined;
    return this.command('approval/resolve', { ...answer, seq, by: USER });
  }

  #send(
    text: string,
    { delivery = 'queue', source = USER, without, ...rest }: SendOptions,
  ): Promise<CommandReply> {
    const optional = without === undefined ? {} : { without: [...without] };
    return this.command('input/send', { text, source, delivery, ...optional, ...rest });
  }
}
