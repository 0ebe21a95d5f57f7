// JSON-RPC over one wire, from its opening to its loss. That it is lost is an answer like others: what that means for a call is for
// whoever has other wires to decide.
import { isJsonObject, parseJson, type Clock, type Json } from '../../base/index.ts';
import {
  CarrelError,
  CONNECTION_METHODS,
  fromErrorInfo,
  fromRpcError,
  PROTOCOL_VERSION,
  type FollowItem,
  type RpcError,
} from '../../protocol/index.ts';
import type { Waiting } from './wait.ts';
import { unavailable, type Destination, type Wire } from './wire.ts';

/** How long either side may say nothing before the other is asked whether it is there, and until it is taken for lost, ms. */
const PING_AFTER_MS = 30_000;
const SILENT_MS = 45_000;
/** Bytes of one message: a host takes no larger ones, and would end the connection. */
const LONGEST_MESSAGE = 16 * 1024 * 1024;

/** `lost`: the connection ended, and nobody knows whether the call was carried out. */
export type Answer =
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'error'; readonly error: CarrelError }
  | { readonly kind: 'lost'; readonly error: CarrelError };

/** Who follows. It is told at once, in the order of the wire, and may not throw. */
export interface Sink {
  /** From now on; `stop` ends it, and nothing more is told then. */
  began(stop: () => void): void;
  /** `units`: about how large they are. */
  items(items: readonly FollowItem[], units: number): void;
  ended(error?: CarrelError): void;
  lost(): void;
}

export interface Wanted {
  readonly method: string;
  readonly params: object;
  readonly sink: Sink;
}

export interface Hello {
  readonly token?: string;
  readonly client?: { readonly name: string; readonly version: string };
}

type Settle = (answer: Answer) => void;

interface Pending {
  readonly settle: Settle;
  readonly alive?: () => void;
}

export class Connection {
  readonly #address: string;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  readonly #sinks = new Map<string, Sink>();
  #wire: Wire | undefined;
  #lost: CarrelError | undefined;
  /** What the host said before it ended the connection. */
  #said: string | undefined;
  #lastId = 0;
  #heardAt: number;
  #saidAt: number;
  #pingedAt = -Infinity;
  #watch: Disposable | undefined;

  private constructor(address: string, clock: Clock) {
    this.#address = address;
    this.#clock = clock;
    this.#heardAt = this.#saidAt = clock.monotonic();
  }

  /** With the handshake done. Rejects as the wire does, with what the host refuses it for, or with `version_mismatch`. */
  static async open(
    { address, open }: Destination,
    hello: Hello,
    { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  ): Promise<Connection> {
    const connection = new Connection(address, clock);
    const events = {
      onText: (text: string) => connection.#receive(text),
      onClose: (why: string) => connection.#lose(why),
    };
    connection.#wire = await open(events, signal);
    try {
      await connection.#greet(hello, signal);
    } catch (error) {
      connection.close();
      throw error;
    }
    connection.#listen();
    return connection;
  }

  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /** Rejects only with the signal's reason, or with `limit_reached` when it is too long to be sent. */
  ask(method: string, params: object, waiting: Waiting): Promise<Answer> {
    return this.#ask(method, params, { waiting, settled: () => undefined, late: () => undefined });
  }

  /** Begins a subscription. The sink is told everything of it, from `began` to `ended` or `lost`. */
  follow({ method, params, sink }: Wanted, waiting: Waiting): Promise<Answer> {
    return this.#ask(method, params, {
      waiting,
      settled: (answer) => {
        const subscription = subscriptionOf(answer);
        if (subscription === undefined) return;
        this.#sinks.set(subscription, sink);
        sink.began(() => this.#stop(subscription));
      },
      late: (answer) => {
        const subscription = subscriptionOf(answer);
        if (subscription !== undefined) this.#stop(subscription);
      },
    });
  }

  close(): void {
    this.#lose('it was closed here');
  }

  #ask(
    method: string,
    params: object,
    { waiting, settled, late }: { waiting: Waiting; settled: Settle; late: Settle },
  ): Promise<Answer> {
    const { signal, alive } = waiting;
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.#lost !== undefined) return Promise.resolve({ kind: 'lost', error: this.#lost });
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const onAbort = (): void => {
      this.#pending.set(id, { settle: late });
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (answer: Answer): void => {
      signal.removeEventListener('abort', onAbort);
      settled(answer);
      resolve(answer);
    };
    this.#pending.set(id, alive === undefined ? { settle } : { settle, alive });
    const refusal = this.#send({ jsonrpc: '2.0', id, method, params });
    if (refusal !== undefined) this.#settle(id, { kind: 'error', error: refusal });
    return promise;
  }

  async #greet(hello: Hello, signal: AbortSignal): Promise<void> {
    const params = { protocol: PROTOCOL_VERSION, beats: true, ...hello };
    const answer = await this.ask('connection/open', params, { signal });
    if (answer.kind !== 'result') throw answer.error;
    const opened = CONNECTION_METHODS['connection/open'].result.safeParse(answer.result);
    if (!opened.success)
      throw unavailable(this.#address, 'what answers there is no host of sessions', opened.error);
    const { protocol, server } = opened.data;
    if (protocol === PROTOCOL_VERSION) return;
    const message =
      `The host at ${this.#address} (${server.name} ${server.version}) speaks version ${String(protocol)} of the protocol, ` +
      `this client version ${String(PROTOCOL_VERSION)}: upgrade the older of the two.`;
    throw new CarrelError('version_mismatch', message, {
      data: { host: protocol, client: PROTOCOL_VERSION },
    });
  }

  #send(message: object): CarrelError | undefined {
    const text = JSON.stringify(message);
    const bytes = bytesOf(text);
    if (bytes > LONGEST_MESSAGE) {
      const much = `The message is ${String(bytes)} bytes long, at most ${String(LONGEST_MESSAGE)} are sent`;
      return new CarrelError('limit_reached', `${much}: put large texts into files.`);
    }
    this.#saidAt = this.#clock.monotonic();
    this.#wire?.send(text);
    return undefined;
  }

  #stop(subscription: string): void {
    this.#sinks.delete(subscription);
    this.#send({ jsonrpc: '2.0', method: 'follow/stop', params: { subscription } });
  }

  #settle(id: number, answer: Answer): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.settle(answer);
  }

  #receive(text: string): void {
    if (this.#lost !== undefined) return;
    this.#heardAt = this.#clock.monotonic();
    const parsed = parseJson(text);
    if (!parsed.ok || !isJsonObject(parsed.value)) {
      this.#lose('what it sends is not JSON-RPC');
      return;
    }
    const { id, method, params, result, error } = parsed.value;
    if (typeof method === 'string') this.#notified(method, params, text.length);
    else if (typeof id === 'number') this.#settle(id, answerOf(result, error));
    else if (isJsonObject(error)) this.#said = fromRpcError(error as unknown as RpcError).message;
  }

  /** What a later version sends beside this is skipped. */
  #notified(method: string, params: Json | undefined, units: number): void {
    if (!isJsonObject(params)) return;
    if (method === 'call/alive') return this.#showLife(params['calls']);
    const { subscription, items, error } = params;
    const sink = typeof subscription === 'string' ? this.#sinks.get(subscription) : undefined;
    if (sink === undefined) return;
    if (method === 'follow/items' && Array.isArray(items)) sink.items(items, units);
    if (method !== 'follow/ended') return;
    this.#sinks.delete(subscription as string);
    sink.ended(isJsonObject(error) ? errorOf(error) : undefined);
  }

  #showLife(calls: Json | undefined): void {
    if (!Array.isArray(calls)) return;
    for (const id of calls) if (typeof id === 'number') this.#pending.get(id)?.alive?.();
  }

  #lose(why: string): void {
    if (this.#lost !== undefined) return;
    const error = unavailable(this.#address, this.#said ?? why);
    this.#lost = error;
    this.#watch?.[Symbol.dispose]();
    for (const id of this.#pending.keys()) this.#settle(id, { kind: 'lost', error });
    for (const sink of this.#sinks.values()) sink.lost();
    this.#sinks.clear();
    this.#wire?.close();
  }

  /** The other end of a half-open connection is silent for good; that of a quiet one answers when it is asked, and hears from here. */
  #listen(): void {
    const now = this.#clock.monotonic();
    if (now - this.#heardAt >= SILENT_MS) {
      this.#lose(`it was silent for ${String(SILENT_MS / 1000)} s`);
      return;
    }
    if (now >= this.#pingAt()) {
      this.#pingedAt = now;
      this.#send({ jsonrpc: '2.0', id: ++this.#lastId, method: 'connection/ping', params: {} });
    }
    const next = Math.min(this.#heardAt + SILENT_MS, this.#pingAt());
    this.#watch = this.#clock.after(next - now, () => this.#listen());
  }

  #pingAt(): number {
    return Math.max(this.#pingedAt, Math.min(this.#heardAt, this.#saidAt)) + PING_AFTER_MS;
  }
}

/** Exact only where it matters: a unit of UTF-16 has at most three bytes of UTF-8. */
function bytesOf(text: string): number {
  return text.length * 3 <= LONGEST_MESSAGE ? text.length : new TextEncoder().encode(text).length;
}

function subscriptionOf(answer: Answer): string | undefined {
  if (answer.kind !== 'result' || typeof answer.result !== 'object' || answer.result === null)
    return undefined;
  const { subscription } = answer.result as { subscription?: unknown };
  return typeof subscription === 'string' ? subscription : undefined;
}

function answerOf(result: Json | undefined, error: Json | undefined): Answer {
  return isJsonObject(error) ? { kind: 'error', error: errorOf(error) } : { kind: 'result', result };
}

function errorOf(error: object): CarrelError {
  return fromErrorInfo(fromRpcError(error as RpcError));
}
