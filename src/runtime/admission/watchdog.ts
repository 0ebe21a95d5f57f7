// Slots are given back by construction. This is for the day that construction has a hole: a slot whose session does nothing is
// lost to everybody until the host is closed. It is taken back and reported, because it is a bug of ours.
import type { Clock } from '../../base/index.ts';
import { CarrelError } from '../../protocol/index.ts';
import type { Slot } from './slot.ts';

/** Slower than anything that a session is between two states for, faster than people give up waiting, ms. */
const EVERY_MS = 30_000;

/** A slot in use, and what of. */
export interface HeldSlot {
  readonly slot: Slot;
  readonly what: string;
}

export interface WatchdogOptions {
  readonly clock: Clock;
  readonly held: () => Iterable<HeldSlot>;
  /** Whether the session does anything that a slot could be for. */
  readonly atWork: (session: string) => boolean;
  readonly fault: (what: string, error: unknown, session: string) => void;
}

/** Looks every 30 s; what it finds idle twice in a row is leaked. */
export class Watchdog implements Disposable {
  readonly #options: WatchdogOptions;
  #suspects = new Set<Slot>();
  #timer: Disposable;
  /** Slots that were taken back so far. */
  leaked = 0;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#timer = this.#arm();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #arm(): Disposable {
    return this.#options.clock.after(EVERY_MS, () => {
      this.#look();
      this.#timer = this.#arm();
    });
  }

  #look(): void {
    const { held, atWork } = this.#options;
    const idle = [...held()].filter(({ slot }) => !atWork(slot.session));
    const leaked = idle.filter(({ slot }) => this.#suspects.has(slot));
    this.#suspects = new Set(idle.map(({ slot }) => slot));
    for (const found of leaked) this.#takeBack(found);
  }

  #takeBack({ slot, what }: HeldSlot): void {
    const { clock, fault } = this.#options;
    const heldMs = String(Math.round(clock.monotonic() - slot.since));
    const message = `A slot for ${what} was held for ${heldMs} ms by session ${slot.session}, which does nothing: it was taken back.`;
    this.leaked++;
    slot[Symbol.dispose]();
    fault('a slot leaked', new CarrelError('internal', message), slot.session);
  }
}
