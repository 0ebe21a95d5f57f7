// Who sleeps until a time. The store knows all of them, so a restart forgets nobody; one timer, for the next of them, is enough.
import { type Clock } from '../base/index.ts';
import type { Scope } from './scope.ts';

/** The clock is looked at this often while anybody sleeps until a time, ms: it may be set, and a machine may sleep too. */
const LOOK_MS = 60_000;

export class Due implements Disposable {
  readonly #scope: Scope;
  readonly #clock: Clock;
  readonly #take: (sessions: readonly string[]) => void;
  /** Handed over at the last look, with their times: one that is still due for the same reason is at work on it, or beyond help. */
  #handed = new Map<string, number>();
  #nextAt = Infinity;
  #timer: Disposable | undefined;
  #closed = false;

  constructor(scope: Scope, take: (sessions: readonly string[]) => void) {
    this.#scope = scope;
    this.#clock = scope.clock;
    this.#take = take;
  }

  /** The session fell asleep until then: whatever it was handed over for, it works on that no more. */
  expect(session: string, at: number): void {
    this.#handed.delete(session);
    this.#lookAt(at);
  }

  /** Hands over whoever is due, soonest first, and waits for the next. Trouble of the store is reported, and it is asked again. */
  async look(): Promise<void> {
    const now = this.#clock.now();
    this.#disarm();
    try {
      await this.#handOver(now);
    } catch (error) {
      if (this.#closed) return;
      this.#scope.fault('the store could not say who is due', error);
      this.#lookAt(now + LOOK_MS);
    }
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#disarm();
  }

  async #handOver(now: number): Promise<void> {
    const { owner, store } = this.#scope;
    const rows = await store.due({ now, limit: Number.MAX_SAFE_INTEGER });
    const [next] = await store.due({ now: Number.MAX_SAFE_INTEGER, after: now, limit: 1 });
    if (this.#closed) return;
    const due = new Map(
      rows.filter((row) => row.owner === owner).map((row) => [row.session, row.wakeAt ?? 0]),
    );
    const handed = this.#handed;
    this.#handed = due;
    this.#take([...due].filter(([session, at]) => handed.get(session) !== at).map(([session]) => session));
    if (next?.wakeAt !== undefined) this.#lookAt(next.wakeAt);
  }

  #lookAt(at: number): void {
    if (this.#closed || at >= this.#nextAt) return;
    this.#nextAt = at;
    this.#arm();
  }

  #arm(): void {
    this.#timer?.[Symbol.dispose]();
    const delayMs = Math.min(this.#nextAt - this.#clock.now(), LOOK_MS);
    this.#timer = this.#clock.after(delayMs, () => {
      if (this.#clock.now() < this.#nextAt) this.#arm();
      else void this.look();
    });
  }

  #disarm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#nextAt = Infinity;
  }
}
