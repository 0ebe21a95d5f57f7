// One level of admission: the right to use one limited resource. A slot that is free is given without a timer, a listener or a
// place in a queue.
import { deferred, type Clock } from '../../base/index.ts';
import type { CarrelError } from '../../protocol/index.ts';
import { Pace } from './pace.ts';
import { Queue, type Waiter } from './queue.ts';
import { overloaded, type Level } from './refusals.ts';
import { Slot } from './slot.ts';
import type { HeldSlot } from './watchdog.ts';

export interface SlotLimits {
  readonly level: Level;
  /** What a message calls them: `turns of this host`. */
  readonly what: string;
  readonly capacity: number;
  /** How many may wait; one more is `overloaded`. */
  readonly waiting: number;
  readonly waitMs: number;
  /** Slots kept for sessions that somebody looks at, and after how long one that nobody looks at counts as old. */
  readonly reserve?: { readonly slots: number; readonly agedAfterMs: number };
}

export interface Asker {
  readonly session: string;
  /** Somebody looks at it. */
  readonly looked: boolean;
  /**
   * What else must allow it, asked when it is next and a slot is free. 0: it is taken. Else how long to wait, ms, or why it is
   * refused.
   */
  readonly take?: () => number | CarrelError;
}

export interface SlotReport {
  readonly capacity: number;
  readonly inUse: number;
  readonly free: number;
  readonly waiting: number;
  /** How long the one who waits longest has waited, ms; 0 when nobody waits. */
  readonly oldestWaitMs: number;
  /** Refused so far: too many waited, or it took too long. */
  readonly refused: number;
}

/** Holders of one limited resource, and those who wait for it. `inUse + free = capacity`, always. */
export class Slots implements Disposable {
  readonly #limits: SlotLimits;
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #held = new Set<Slot>();
  readonly #queue = new Queue();
  /** Slots whose sessions nobody looked at when they got them. */
  #unlooked = 0;
  #refused = 0;
  #timer: Disposable | undefined;

  constructor(limits: SlotLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#pace = new Pace(clock);
  }

  get waiting(): number {
    return this.#queue.size;
  }

  get held(): readonly HeldSlot[] {
    return [...this.#held].map((slot) => ({ slot, what: this.#limits.what }));
  }

  get report(): SlotReport {
    const { capacity } = this.#limits;
    const inUse = this.#held.size;
    const now = this.#clock.monotonic();
    let since = now;
    for (const waiter of this.#queue) since = Math.min(since, waiter.since);
    const waits = { waiting: this.waiting, oldestWaitMs: Math.round(now - since), refused: this.#refused };
    return { capacity, inUse, free: capacity - inUse, ...waits };
  }

  /** Sessions that wait, the next one first. */
  sessions(): Iterable<string> {
    return this.#queue.sessions();
  }

  /** The refusal that one more would meet now, before anything is promised to it. */
  refusal(looked: boolean): CarrelError | undefined {
    const free = !this.#queue.hasBefore(looked) && this.#fits(looked);
    return free || this.waiting < this.#limits.waiting ? undefined : this.#tooMany();
  }

  /**
   * Waits its turn. Rejects with `overloaded` when too many wait or it waited too long, with the refusal of `take`, or with the
   * signal's reason.
   */
  async acquire(asker: Asker, signal: AbortSignal): Promise<Slot> {
    const { session, looked, take } = asker;
    signal.throwIfAborted();
    if (!this.#queue.hasBefore(looked) && this.#fits(looked)) {
      const allowed = take?.() ?? 0;
      if (allowed === 0) return this.#grant(session, looked);
      if (typeof allowed !== 'number') throw allowed;
      this.#serveIn(allowed);
    }
    return this.#wait(asker, signal);
  }

  /** Somebody looks at the session now. */
  look(session: string): void {
    if (this.#queue.bringForward(session)) this.serve();
  }

  /** Gives what can be given. To be called when what `take` said may have changed. */
  serve(): void {
    while (this.#held.size < this.#limits.capacity) {
      const next = this.#queue.next((waiter) => this.#fits(false, waiter.aged));
      if (next === undefined) return;
      const { waiter, looked } = next;
      const allowed = waiter.take?.() ?? 0;
      if (typeof allowed === 'number' && allowed > 0) return this.#serveIn(allowed);
      this.#queue.served(waiter, looked);
      if (typeof allowed === 'number') waiter.granted.resolve(this.#grant(waiter.session, looked));
      else waiter.granted.reject(allowed);
    }
  }

  /** What waits, waits for its own end. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  async #wait({ session, looked, take }: Asker, signal: AbortSignal): Promise<Slot> {
    const { waiting, waitMs } = this.#limits;
    if (this.waiting >= waiting) throw this.#tooMany();
    const since = this.#clock.monotonic();
    const waiter: Waiter = { session, take, granted: deferred(), since, aged: false };
    const leave = (reason: () => unknown): void => {
      if (this.#queue.remove(waiter)) waiter.granted.reject(reason());
    };
    const onAbort = (): void => leave(() => signal.reason);
    this.#queue.add(waiter, looked);
    signal.addEventListener('abort', onAbort, { once: true });
    using _aging = looked ? undefined : this.#age(waiter);
    using _deadline = this.#clock.after(waitMs, () =>
      leave(() => this.#overloaded(`it waited ${String(waitMs)} ms`)),
    );
    try {
      return await waiter.granted.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      if (this.waiting === 0) this.#timer?.[Symbol.dispose]();
    }
  }

  #age(waiter: Waiter): Disposable | undefined {
    const { reserve } = this.#limits;
    if (reserve === undefined) return undefined;
    return this.#clock.after(reserve.agedAfterMs, () => {
      waiter.aged = true;
      this.serve();
    });
  }

  /** Of the reserve, those that have waited long may use half: the rest stays for who comes to look. */
  #fits(looked: boolean, aged = false): boolean {
    const { capacity, reserve } = this.#limits;
    if (this.#held.size >= capacity) return false;
    const kept = reserve?.slots ?? 0;
    return looked || this.#unlooked < capacity - (aged ? Math.ceil(kept / 2) : kept);
  }

  #grant(session: string, looked: boolean): Slot {
    const slot = new Slot({ session, looked, since: this.#clock.monotonic() }, this.#giveBack);
    this.#held.add(slot);
    if (!looked) this.#unlooked++;
    if (this.#held.size === this.#limits.capacity) this.#pace.full();
    return slot;
  }

  readonly #giveBack = (slot: Slot): void => {
    this.#held.delete(slot);
    if (!slot.looked) this.#unlooked--;
    this.#pace.freed();
    if (this.#queue.size > 0) this.serve();
  };

  #serveIn(delayMs: number): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#clock.after(delayMs, () => this.serve());
  }

  #tooMany(): CarrelError {
    const most = String(this.#limits.waiting);
    return this.#overloaded(`${String(this.waiting)} wait already, at most ${most} may`);
  }

  #overloaded(why: string): CarrelError {
    this.#refused++;
    const { level, what, capacity } = this.#limits;
    return overloaded({ level, what, capacity, retryAfterMs: this.#pace.retryAfterMs(this.waiting) }, why);
  }
}
