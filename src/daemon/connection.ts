// One JSON-RPC connection, whatever carries it. A bad message is answered and survived; requests run side by side, and those that
// stop or free something have room of their own, so that no number of others keeps them waiting.
import { newId } from '../base/index.ts';
import {
  CarrelError,
  CONNECTION_METHODS,
  isMethod,
  PROTOCOL_VERSION,
  toErrorInfo,
  toRpcError,
  type ErrorInfo,
  type RpcId,
  type RpcRequest,
} from '../protocol/index.ts';
import { AtWork } from './alive.ts';
import { Caller } from './caller.ts';
import { capabilities } from './capabilities.ts';
import { endsSomething } from './control.ts';
import type { Identity } from './identity.ts';
import { checked, followed, type Begin } from './followed.ts';
import { readMessage } from './message.ts';
import { Outgoing } from './outgoing.ts';
import type { Guest } from './live.ts';
import type { Shared } from './shared.ts';
import { Silence } from './silence.ts';
import { Subscription } from './subscription.ts';
import { told } from './told.ts';
import { MESSAGE_BYTES, UNKNOWN_MESSAGE_BYTES, type Receiver, type Wire } from './wire.ts';

/** How long a connection may stay without saying who it is. */
const OPEN_MS = 15_000;
/** Requests at work at once. Each is short; more of them only wait for the same store. */
const MAX_REQUESTS = 64;
/** Sessions followed at once: as many as may be live. */
const MAX_SUBSCRIPTIONS = 1000;
const RETRY_AFTER_MS = 100;
/** What JSON-RPC itself calls an unknown method. */
const METHOD_NOT_FOUND = -32_601;

export interface ConnectionOptions {
  readonly shared: Shared;
  readonly wire: Wire;
  /** Whoever can reach this wire is the owner, and needs no token. */
  readonly trusted?: Identity;
}

/** `overloaded` when there are too many. Ends with its wire. */
export function openConnection(options: ConnectionOptions): Receiver {
  return new Connection(options);
}

class Connection implements Receiver, Guest {
  readonly #options: ConnectionOptions;
  readonly #outgoing: Outgoing;
  readonly #id: string;
  readonly #listed: Disposable;
  readonly #subscriptions = new Map<string, AbortController>();
  #deadline: Disposable;
  #caller: Caller | undefined;
  #opening = false;
  #closed = false;
  #subscribed = 0;
  readonly #working = { requests: 0, control: 0 };
  readonly #atWork: AtWork;
  /** Its place among those of its identity. */
  #place: Disposable | undefined;
  #silence: Silence | undefined;

  constructor(options: ConnectionOptions) {
    const { shared, wire } = options;
    this.#options = options;
    this.#listed = shared.live.add(this, options.trusted === undefined ? 'web' : 'local');
    this.#id = newId('con', shared.clock.now(), shared.random);
    this.#outgoing = new Outgoing({
      wire,
      clock: shared.clock,
      onStalled: (why) => this.close(new CarrelError('overloaded', why)),
    });
    this.#atWork = new AtWork(shared.clock, (calls) => this.#outgoing.notify('call/alive', { calls }));
    this.#deadline = shared.clock.after(OPEN_MS, () => {
      const message = `no connection/open came within ${String(OPEN_MS / 1000)} s`;
      this.close(new CarrelError('unauthorized', message));
    });
  }

  get identity(): Identity | undefined {
    return this.#caller?.identity;
  }

  get limitBytes(): number {
    return this.#caller === undefined ? UNKNOWN_MESSAGE_BYTES : MESSAGE_BYTES;
  }

  receive(text: string): void {
    if (this.#closed) return;
    this.#silence?.heard();
    const read = readMessage(text);
    if (read.ok) void this.#answer(read.request);
    else this.#outgoing.reply({ jsonrpc: '2.0', id: read.id, error: read.error });
  }

  refuse(what: string): void {
    this.close(new CarrelError('invalid_params', what));
  }

  lost(): void {
    this.#dispose();
  }

  close(error: CarrelError): void {
    if (this.#closed) return;
    this.#outgoing.reply({ jsonrpc: '2.0', id: null, error: toRpcError(toErrorInfo(error)) });
    this.#dispose();
    this.#options.shared.telemetry.dropped(error.code, this.#id);
    this.#options.wire.close(error.code);
  }

  #dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#deadline[Symbol.dispose]();
    this.#listed[Symbol.dispose]();
    this.#place?.[Symbol.dispose]();
    this.#silence?.[Symbol.dispose]();
    this.#atWork[Symbol.dispose]();
    for (const stop of this.#subscriptions.values()) stop.abort();
    this.#outgoing[Symbol.dispose]();
    void this.#caller?.[Symbol.asyncDispose]();
  }

  /** What has no id is carried out as well, and answered by nothing. */
  async #answer({ id, method, params }: RpcRequest): Promise<void> {
    const room = endsSomething(method) ? 'control' : 'requests';
    if (this.#working[room] >= MAX_REQUESTS) return this.#fail(id, method, tooMany());
    this.#working[room]++;
    const atWork = id === undefined ? undefined : this.#atWork.begin(id);
    try {
      const then = await this.#perform(method, params);
      if (id !== undefined) this.#outgoing.reply({ jsonrpc: '2.0', id, result: then.result });
      then.after?.();
    } catch (error) {
      this.#fail(id, method, error);
    } finally {
      atWork?.[Symbol.dispose]();
      this.#working[room]--;
    }
  }

  #fail(id: RpcId | undefined, method: string, error: unknown): void {
    const info = told(error);
    const { telemetry, onFault } = this.#options.shared;
    if (info.code === 'internal') onFault(method, error);
    // Its caller has told of every other.
    if (this.#caller === undefined || Object.hasOwn(CONNECTION_METHODS, method)) telemetry.refused(info.code);
    if (id !== undefined) this.#outgoing.reply({ jsonrpc: '2.0', id, error: numbered(method, info) });
    const refused = method === 'connection/open' && ['unauthorized', 'overloaded'].includes(info.code);
    if (refused || (info.code === 'unauthorized' && this.identity !== undefined))
      this.close(error as CarrelError);
  }

  async #perform(method: string, params: unknown): Promise<Answer> {
    if (method === 'connection/open') return this.#open(params);
    const caller = this.#caller;
    if (caller === undefined)
      throw new CarrelError('unauthorized', 'say who you are first: the first call is connection/open');
    caller.allowance.request(endsSomething(method));
    if (method === 'connection/ping') return { result: checked('connection/ping', params) };
    const begin = followed(caller, method, params);
    if (begin !== undefined) return this.#follow(caller, begin);
    if (method === 'follow/stop') return this.#stop(params);
    return { result: await caller.call(method, params) };
  }

  async #open(params: unknown): Promise<Answer> {
    const { protocol, token, beats = false } = checked('connection/open', params);
    if (protocol !== PROTOCOL_VERSION) throw wrongVersion(protocol);
    if (this.#caller !== undefined || this.#opening)
      throw new CarrelError('conflict', 'this connection is open already: say who you are once');
    const { shared, trusted } = this.#options;
    this.#opening = true;
    try {
      const identity =
        token === undefined && trusted !== undefined ? trusted : await shared.gate.admit(token, 'connection');
      if (this.#closed) throw new CarrelError('cancelled', 'the connection was closed');
      this.#begin(new Caller(shared, identity, this.#id), beats);
      const { version, pid, limits } = shared;
      const { name, scopes } = identity;
      const server = { name: 'carrel', version, pid };
      const can = capabilities({ requests: MAX_REQUESTS, follows: MAX_SUBSCRIPTIONS }, limits);
      return {
        result: { protocol: PROTOCOL_VERSION, server, identity: { name, scopes }, capabilities: can },
      };
    } finally {
      this.#opening = false;
    }
  }

  /** It is known who is there: `overloaded` when there is no place for them. */
  #begin(caller: Caller, beats: boolean): void {
    const { clock, live } = this.#options.shared;
    this.#place = caller.allowance.connect();
    live.know(this, caller.identity);
    this.#caller = caller;
    this.#deadline[Symbol.dispose]();
    this.#deadline = this.#expiry(caller.identity);
    const gone = (): void => this.close(new CarrelError('timeout', 'nothing was heard for 45 s'));
    if (beats) this.#silence = new Silence(clock, gone);
  }

  #expiry({ name, expiresAt }: Identity): Disposable {
    if (expiresAt === undefined) return { [Symbol.dispose]: () => undefined };
    const { clock } = this.#options.shared;
    // A long wait may be cut short by the clock: then it is set anew.
    return clock.after(expiresAt - clock.now(), () => {
      if (clock.now() < expiresAt) this.#deadline = this.#expiry({ name, scopes: [], expiresAt });
      else this.close(new CarrelError('unauthorized', `the token ${name} has expired: ask for another`));
    });
  }

  #follow(caller: Caller, begin: Begin): Answer {
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) throw tooManyFollowed();
    const place = caller.allowance.follow();
    const subscription = `sub_${String(++this.#subscribed)}`;
    const stop = new AbortController();
    this.#subscriptions.set(subscription, stop);
    const run = async (): Promise<void> => {
      await new Subscription(subscription, this.#outgoing).run(begin(stop.signal));
      this.#subscriptions.delete(subscription);
      place[Symbol.dispose]();
    };
    return { result: { subscription }, after: () => void run() };
  }

  /** Stopping what has ended already is no error: the two may cross. */
  #stop(params: unknown): Answer {
    this.#subscriptions.get(checked('follow/stop', params).subscription)?.abort();
    return { result: {} };
  }
}

interface Answer {
  readonly result: unknown;
  /** What begins once the answer is on its way. */
  readonly after?: () => void;
}

function numbered(method: string, info: ErrorInfo): ReturnType<typeof toRpcError> {
  const error = toRpcError(info);
  const known = isMethod(method) || Object.hasOwn(CONNECTION_METHODS, method);
  return info.code === 'not_found' && !known ? { ...error, code: METHOD_NOT_FOUND } : error;
}

function wrongVersion(protocol: number): CarrelError {
  const message = `this host speaks version ${String(PROTOCOL_VERSION)} of the protocol, not ${String(protocol)}: use programs of one version`;
  return new CarrelError('version_mismatch', message, { data: { protocol: PROTOCOL_VERSION } });
}

function tooMany(): CarrelError {
  const message = `${String(MAX_REQUESTS)} requests of this connection are at work: wait for answers`;
  return new CarrelError('overloaded', message, {
    data: { limit: MAX_REQUESTS, retryAfterMs: RETRY_AFTER_MS },
  });
}

function tooManyFollowed(): CarrelError {
  const message = `${String(MAX_SUBSCRIPTIONS)} sessions are followed on this connection: stop one, or open another`;
  return new CarrelError('limit_reached', message, { data: { limit: MAX_SUBSCRIPTIONS } });
}
