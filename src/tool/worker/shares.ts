// Slots for processes, shared fairly. A session whose tools hang must not hold them all: nobody who holds one gets the last
// free one, and of those who wait, who holds least comes first.
import { deferred, type Deferred } from '../../base/index.ts';
import { CarrelError } from '../../protocol/index.ts';

export interface ShareLimits {
  readonly capacity: number;
  /** How many may wait; one more is refused as `overloaded`. */
  readonly waiting: number;
}

interface Waiter {
  readonly who: string;
  readonly granted: Deferred<Disposable>;
}

/** When a call that is refused may come again, ms: about as long as a short tool runs. */
const RETRY_AFTER_MS = 1000;

export class Shares {
  readonly #limits: ShareLimits;
  readonly #held = new Map<string, number>();
  readonly #queue: Waiter[] = [];
  #inUse = 0;

  constructor(limits: ShareLimits) {
    this.#limits = limits;
  }

  get counts(): { readonly inUse: number; readonly free: number; readonly waiting: number } {
    return { inUse: this.#inUse, free: this.#limits.capacity - this.#inUse, waiting: this.#queue.length };
  }

  /** Waits for a slot until the signal aborts, and then rejects with its reason. The slot is given back by disposing it. */
  async acquire(who: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#mayTake(who)) return this.#grant(who);
    if (this.#queue.length >= this.#limits.waiting) throw this.#refusal();
    const waiter: Waiter = { who, granted: deferred() };
    this.#queue.push(waiter);
    const onAbort = (): void => {
      this.#leave(waiter);
      waiter.granted.reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await waiter.granted.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Rejects all who wait. */
  refuseAll(reason: Error): void {
    for (const { granted } of this.#queue.splice(0)) granted.reject(reason);
  }

  #mayTake(who: string): boolean {
    const { capacity } = this.#limits;
    const last = capacity > 1 && this.#inUse === capacity - 1;
    return this.#inUse < capacity && !(last && this.#heldBy(who) > 0);
  }

  #grant(who: string): Disposable {
    this.#inUse++;
    this.#held.set(who, this.#heldBy(who) + 1);
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        this.#inUse--;
        if (this.#heldBy(who) === 1) this.#held.delete(who);
        else this.#held.set(who, this.#heldBy(who) - 1);
        this.#serve();
      },
    };
  }

  #serve(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#leave(next);
      next.granted.resolve(this.#grant(next.who));
    }
  }

  #next(): Waiter | undefined {
    let best: Waiter | undefined;
    for (const waiter of this.#queue)
      if (
        this.#mayTake(waiter.who) &&
        (best === undefined || this.#heldBy(waiter.who) < this.#heldBy(best.who))
      )
        best = waiter;
    return best;
  }

  #leave(waiter: Waiter): void {
    const index = this.#queue.indexOf(waiter);
    if (index >= 0) this.#queue.splice(index, 1);
  }

  #heldBy(who: string): number {
    return this.#held.get(who) ?? 0;
  }

  #refusal(): CarrelError {
    const { capacity, waiting } = this.#limits;
    const message = `all ${capacity} processes for tools are in use and ${waiting} calls wait already: try again in ${RETRY_AFTER_MS} ms`;
    return new CarrelError('overloaded', message, {
      data: { level: 'processes for tools', capacity, retryAfterMs: RETRY_AFTER_MS },
    });
  }
}
