// A sign of life of calls that take long, so that whoever waits can tell work from a dead host: at least every 8 s, as is promised.
import type { Clock } from '../base/index.ts';
import type { RpcId } from '../protocol/index.ts';

/** A call that begins just behind a sign hears of the next one but one in time. */
export const ALIVE_MS = 3500;

/** Calls of one connection that are at work; a timer runs only while there are any. */
export class AtWork implements Disposable {
  readonly #clock: Clock;
  readonly #tell: (calls: readonly RpcId[]) => void;
  readonly #calls = new Map<object, RpcId>();
  #timer: Disposable | undefined;

  constructor(clock: Clock, tell: (calls: readonly RpcId[]) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Until disposed. */
  begin(call: RpcId): Disposable {
    const key = {};
    this.#calls.set(key, call);
    this.#timer ??= this.#clock.after(ALIVE_MS, this.#sign);
    return { [Symbol.dispose]: () => this.#calls.delete(key) };
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#calls.clear();
  }

  readonly #sign = (): void => {
    this.#timer = undefined;
    if (this.#calls.size === 0) return;
    this.#timer = this.#clock.after(ALIVE_MS, this.#sign);
    this.#tell([...this.#calls.values()]);
  };
}
