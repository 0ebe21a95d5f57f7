// Virtual time, and everything that waits for it. One thing happens at a time: a timer fires, a store call takes effect or is
// answered, a model says a piece, a tool ends, a command arrives, something breaks. That is a step. Then everything that only waits for
// promises runs, and only then comes the next. So one seed gives one run.
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../base/index.ts';
import type { Dice } from './dice.ts';
import { Heap } from './heap.ts';
import type { Trace } from './trace.ts';

/** Whose entries these are. What is `gone` does nothing any more; what is `stalled` does it later. */
export interface Owner {
  mood: 'running' | 'stalled' | 'gone';
}

export interface Entry {
  /** Milliseconds from now; what is due at the same time happens in any order. */
  readonly delayMs: number;
  /** What the trace says of it. */
  readonly what: string;
  /** A promise is waited for in real time: only for what reaches outside the simulation. */
  readonly run: () => void | Promise<void>;
  /** Default: the world, which is always there. */
  readonly owner?: Owner;
  /** Before everything else that is due then. */
  readonly first?: boolean;
}

interface Queued extends Entry {
  atMs: number;
  readonly rank: number;
  dropped: boolean;
}

/** Wall time at the beginning: 2026-01-01T00:00:00Z. */
const START_AT = Date.UTC(2026, 0, 1);

export class Schedule {
  /** Virtual milliseconds since the beginning. */
  nowMs = 0;
  /** How far the wall clock was put forward or back, ms. */
  skewMs = 0;
  steps = 0;
  readonly #dice: Dice;
  readonly #trace: Trace;
  readonly #held: Queued[] = [];
  readonly #queue = new Heap<Queued>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.rank < b.rank));

  constructor(dice: Dice, trace: Trace) {
    this.#dice = dice;
    this.#trace = trace;
  }

  add(entry: Entry): Disposable {
    const atMs = this.nowMs + Math.max(0, Math.ceil(entry.delayMs));
    const rank = entry.first === true ? -1 : this.#dice.next();
    const queued: Queued = { ...entry, atMs, rank, dropped: false };
    this.#queue.push(queued);
    return { [Symbol.dispose]: () => void (queued.dropped = true) };
  }

  /** The next step; false when nothing waits. */
  async step(): Promise<boolean> {
    for (let next = this.#queue.pop(); next !== undefined; next = this.#queue.pop()) {
      if (next.dropped || next.owner?.mood === 'gone') continue;
      if (next.owner?.mood === 'stalled') {
        this.#held.push(next);
        continue;
      }
      next.dropped = true;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.steps++;
      this.#trace.add(this.nowMs, next.what);
      await next.run();
      await setImmediate();
      return true;
    }
    return false;
  }

  /** What was held while its owner was stalled is due now. */
  resume(owner: Owner): void {
    for (const held of this.#held.splice(0)) {
      if (held.owner !== owner) this.#held.push(held);
      else {
        held.atMs = Math.max(held.atMs, this.nowMs);
        this.#queue.push(held);
      }
    }
  }

  /** Something of this kind that the owner still waits for. */
  waits(owner: Owner, isMeant: (what: string) => boolean): string | undefined {
    return this.#queue.find((entry) => !entry.dropped && entry.owner === owner && isMeant(entry.what))?.what;
  }

  /** Time as one owner sees it. */
  clock(owner: Owner): Clock {
    return {
      now: () => START_AT + this.nowMs + this.skewMs,
      monotonic: () => this.nowMs,
      after: (delayMs, fire) => this.add({ delayMs, what: 'timer', run: fire, owner }),
    };
  }
}
