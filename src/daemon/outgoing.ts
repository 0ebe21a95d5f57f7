// Everything that leaves by one connection, counted. What is read late waits here, with a bound: followers stop reading until
// there is room, and a client that takes nothing at all is dropped.
import type { Clock } from '../base/index.ts';
import type { RpcNotifications, RpcResponse } from '../protocol/index.ts';
import type { Wire } from './wire.ts';

/** Above it followers wait: what they would have sent is read again from the store when there is room. */
const FULL_BYTES = 1024 * 1024;
/** Answers cannot wait as followers can. Above this the client asks for what it does not read. */
const FLOODED_BYTES = 64 * 1024 * 1024;
/** How long a full queue may stand still: as long as a silent connection. */
const STALLED_MS = 45_000;

export interface OutgoingOptions {
  readonly wire: Wire;
  readonly clock: Clock;
  /** The other side does not read. */
  readonly onStalled: (why: string) => void;
}

export class Outgoing implements Disposable {
  readonly #options: OutgoingOptions;
  #waitingBytes = 0;
  #closed = false;
  #stall: Disposable | undefined;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  get full(): boolean {
    return !this.#closed && this.#waitingBytes > FULL_BYTES;
  }

  reply(response: RpcResponse): void {
    this.send(JSON.stringify(response));
  }

  notify<K extends keyof RpcNotifications>(method: K, params: RpcNotifications[K]): void {
    this.send(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  send(text: string): void {
    if (this.#closed) return;
    const bytes = text.length;
    this.#waitingBytes += bytes;
    if (this.#waitingBytes > FLOODED_BYTES) {
      this.#options.onStalled(`more than ${String(FLOODED_BYTES)} bytes of answers wait to be read`);
      return;
    }
    this.#options.wire.send(text, () => this.#sent(bytes));
    if (this.full) this.#stall ??= this.#watch();
  }

  /** Resolves when followers may go on, or the connection is closed. */
  async room(): Promise<void> {
    if (!this.full) return;
    this.#room ??= Promise.withResolvers<void>();
    await this.#room.promise;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#stall?.[Symbol.dispose]();
    this.#room?.resolve();
  }

  #sent(bytes: number): void {
    this.#waitingBytes -= bytes;
    this.#stall?.[Symbol.dispose]();
    this.#stall = this.full ? this.#watch() : undefined;
    if (this.full) return;
    this.#room?.resolve();
    this.#room = undefined;
  }

  #watch(): Disposable {
    const { clock, onStalled } = this.#options;
    return clock.after(STALLED_MS, () => onStalled(`nothing was read for ${String(STALLED_MS / 1000)} s`));
  }
}
