// Admission: the right to use a limited resource. A slot is a disposable, given back exactly once on every path.
import { deferred, type Clock, type Deferred } from '../base/index.ts';
import { CarrelError } from '../protocol/index.ts';

export interface SlotLimits {
  /** What an error calls it: `turns of this host`. */
  readonly level: string;
  readonly capacity: number;
  /** How many may wait; one more is `overloaded`. */
  readonly waiting: number;
  readonly waitMs: number;
}

export interface SlotCounts {
  readonly inUse: number;
  readonly free: number;
  readonly waiting: number;
}

interface Waiter {
  readonly who: string;
  readonly granted: Deferred<Disposable>;
}

/** Holders of one limited resource, and those who wait for it in the order they came. `inUse + free = capacity`, always. */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #clock: Clock;
  readonly #queue: Waiter[] = [];
  #inUse = 0;

  constructor(limits: SlotLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get counts(): SlotCounts {
    return { inUse: this.#inUse, free: this.#limits.capacity - this.#inUse, waiting: this.#queue.length };
  }

  /** From 1; undefined when `who` does not wait. */
  position(who: string): number | undefined {
    const index = this.#queue.findIndex((waiter) => waiter.who === who);
    return index === -1 ? undefined : index + 1;
  }

  /** The refusal that one more would meet now, before anything is promised to it. */
  refusal(): CarrelError | undefined {
    if (this.#inUse < this.#limits.capacity || this.#queue.length < this.#limits.waiting) return undefined;
    return this.#overloaded(
      `${String(this.#queue.length)} wait already, at most ${String(this.#limits.waiting)} may`,
    );
  }

  /** Waits its turn. Rejects with `overloaded` when too many wait or it waited too long, or with the signal's reason. */
  async acquire(who: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#inUse < this.#limits.capacity && this.#queue.length === 0) return this.#grant();
    const refusal = this.refusal();
    if (refusal !== undefined) throw refusal;
    const waiter: Waiter = { who, granted: deferred<Disposable>() };
    this.#queue.push(waiter);
    const leave = (reason: unknown): void => {
      const index = this.#queue.indexOf(waiter);
      if (index === -1) return;
      this.#queue.splice(index, 1);
      waiter.granted.reject(reason);
    };
    const onAbort = (): void => leave(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = this.#clock.after(this.#limits.waitMs, () =>
      leave(this.#overloaded(`it waited ${String(this.#limits.waitMs)} ms`)),
    );
    try {
      return await waiter.granted.promise;
    } finally {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', onAbort);
    }
  }

  #grant(): Disposable {
    this.#inUse++;
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        this.#inUse--;
        this.#queue.shift()?.granted.resolve(this.#grant());
      },
    };
  }

  #overloaded(why: string): CarrelError {
    const { level, capacity } = this.#limits;
    const retryAfterMs = 1_000;
    return new CarrelError(
      'overloaded',
      `All ${String(capacity)} ${level} are in use and ${why}. Ask again in ${String(retryAfterMs)} ms.`,
      {
        data: { level, capacity, retryAfterMs },
      },
    );
  }
}
