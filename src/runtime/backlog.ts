// Sessions that are to be taken up without anybody asking for them: in order, and few at once. Those whose turns are to work are
// taken up no faster than these get to work; who is woken by a time or a child needs no slot for that, and goes first. When one
// cannot be taken up now, all wait.
import { codeOf, type ErrorCode } from '../protocol/index.ts';
import type { Scope } from './scope.ts';

/** Loaded side by side, and waiting for a slot at most: enough to share syncs, few enough that none waits too long for one. */
const AT_ONCE = 64;
/** Before it is tried again, ms. */
const PAUSE_MS = 1_000;
/** Errors that may be gone then. */
const PASSING: readonly ErrorCode[] = ['store_unavailable', 'overloaded', 'limit_reached'];

export class Backlog implements Disposable {
  readonly #scope: Scope;
  readonly #load: (session: string) => Promise<unknown>;
  readonly #woken = new Set<string>();
  /** Their turns need a slot at once. */
  readonly #turns = new Set<string>();
  #working = 0;
  /** Fewer after a refusal: together they may be too many where one after the other finds room. */
  #atOnce = AT_ONCE;
  #pause: Disposable | undefined;
  #rested: PromiseWithResolvers<void> | undefined;
  #closed = false;

  constructor(scope: Scope, load: (session: string) => Promise<unknown>) {
    this.#scope = scope;
    this.#load = load;
  }

  /** A time or a child wakes them. Behind those that wait already. */
  add(sessions: Iterable<string>): void {
    for (const session of sessions) this.#woken.add(session);
    this.#pump();
  }

  /** Their turns are to go on. Behind all others. */
  addTurns(sessions: Iterable<string>): void {
    for (const session of sessions) this.#turns.add(session);
    this.#pump();
  }

  /** One that could not be taken up: again after a pause, when that may help. Nobody waits for it, so it is reported. */
  refused(session: string, error: unknown, list = this.#woken): void {
    if (this.#closed) return;
    const code = codeOf(error);
    if (code !== 'limit_reached') this.#scope.fault('a session could not be taken up', error, session);
    if (!PASSING.includes(code)) return;
    this.#atOnce = 1;
    this.#addLater(session, list);
  }

  /** After a pause. */
  addLater(session: string): void {
    this.#addLater(session, this.#woken);
  }

  /** Somebody else has taken it up. */
  remove(session: string): void {
    this.#woken.delete(session);
    this.#turns.delete(session);
  }

  /** Resolves once nothing is being taken up: all are, or the rest has to wait. */
  async rested(): Promise<void> {
    if (this.#working === 0) return;
    this.#rested ??= Promise.withResolvers<void>();
    await this.#rested.promise;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#pause?.[Symbol.dispose]();
    this.#woken.clear();
    this.#turns.clear();
  }

  #pump(): void {
    while (!this.#closed && this.#pause === undefined && this.#working < this.#atOnce) {
      const list = this.#woken.size > 0 ? this.#woken : this.#turns;
      const [session] = list;
      if (session === undefined) break;
      if (list === this.#turns && this.#scope.admission.waitingTurns >= AT_ONCE) {
        this.#rest();
        break;
      }
      this.remove(session);
      void this.#take(session, list);
    }
    if (this.#working > 0) return;
    this.#rested?.resolve();
    this.#rested = undefined;
  }

  async #take(session: string, list: Set<string>): Promise<void> {
    this.#working++;
    try {
      await this.#load(session);
      this.#atOnce = Math.min(2 * this.#atOnce, AT_ONCE);
    } catch (error) {
      this.refused(session, error, list);
    }
    this.#working--;
    this.#pump();
  }

  #addLater(session: string, list: Set<string>): void {
    if (this.#closed) return;
    list.add(session);
    this.#rest();
  }

  #rest(): void {
    this.#pause ??= this.#scope.clock.after(PAUSE_MS, () => {
      this.#pause = undefined;
      this.#pump();
    });
  }
}
