// Who is served next. Sessions that somebody looks at go first, each in turn; but one that nobody looks at and that has waited
// long is served after each of them, so that no number of those keeps it out.
import type { Deferred } from '../../base/index.ts';
import type { CarrelError } from '../../protocol/index.ts';
import { Line } from './line.ts';
import type { Slot } from './slot.ts';

export interface Waiter {
  readonly session: string;
  readonly take: (() => number | CarrelError) | undefined;
  readonly granted: Deferred<Slot>;
  readonly since: number;
  /** It has waited long. */
  aged: boolean;
}

export class Queue {
  readonly #front = new Line<Waiter>();
  readonly #back = new Line<Waiter>();
  /** The last one that was served was of the front. */
  #frontWas = false;

  get size(): number {
    return this.#front.size + this.#back.size;
  }

  /** Whether one who comes now has anybody before it. */
  hasBefore(looked: boolean): boolean {
    return this.#front.size > 0 || (!looked && this.#back.size > 0);
  }

  add(waiter: Waiter, looked: boolean): void {
    (looked ? this.#front : this.#back).add(waiter);
  }

  /** Who is next, of those in the back only one that `mayBack` lets through. */
  next(mayBack: (waiter: Waiter) => boolean): { waiter: Waiter; looked: boolean } | undefined {
    const front = this.#front.first();
    const last = this.#back.first();
    const back = last !== undefined && mayBack(last) ? last : undefined;
    const waiter = back !== undefined && back.aged && this.#frontWas ? back : (front ?? back);
    return waiter === undefined ? undefined : { waiter, looked: waiter === front };
  }

  served(waiter: Waiter, looked: boolean): void {
    this.#frontWas = looked;
    (looked ? this.#front : this.#back).served(waiter);
  }

  /** Whether it was there. */
  remove(waiter: Waiter): boolean {
    return this.#front.remove(waiter) || this.#back.remove(waiter);
  }

  /** Somebody looks at the session: whether any of its waiters came forward. */
  bringForward(session: string): boolean {
    const moved = this.#back.takeAll(session);
    for (const waiter of moved) this.#front.add(waiter);
    return moved.length > 0;
  }

  /** Sessions, the next one first; one whose turn comes for having waited long counts where it stands. */
  *sessions(): Generator<string> {
    yield* this.#front.sessions;
    yield* this.#back.sessions;
  }

  *[Symbol.iterator](): Generator<Waiter> {
    yield* this.#front;
    yield* this.#back;
  }
}
