// A store that goes wrong at one chosen call, so that a test can let it go wrong at every call in turn.
import { deferred } from '../base/index.ts';
import { CarrelError, toErrorInfo } from '../protocol/index.ts';
import type { Head, Store } from '../store/index.ts';

/** The calls that can go wrong: those that answer with a promise. */
export type StoreMethod = Exclude<keyof Store, 'health' | 'onHeads' | 'place' | symbol>;

export interface FaultPlan {
  /** The call that goes wrong, from 1, among calls of `methods`. */
  readonly at: number;
  /** Which calls count, and can go wrong; default all. */
  readonly methods?: readonly StoreMethod[];
  /**
   * `fail` rejects with `store_unavailable`; `hang` never settles. With `die` neither this call nor any later one of any method
   * settles or takes effect, as if the process were gone; `cut` is the same but they all reject, as if only the store were gone.
   */
  readonly fault: 'fail' | 'hang' | 'die' | 'cut';
  /** Whether the call takes effect before it goes wrong; default false. */
  readonly takesEffect?: boolean;
  /** How many counted calls in a row `fail` or `hang`; default 1. */
  readonly times?: number;
}

/** A store as before, until its plan strikes. Closing it closes the store inside, unless it is dead: that one is the next host's. */
export interface FaultyStore extends Store {
  /** Calls that counted so far. */
  readonly calls: number;
  /** Resolves when `die` or `cut` has struck, after the call has taken effect if it does. */
  readonly dead: Promise<void>;
}

/** Wraps `store`. Without a plan it only counts. */
export function faultyStore(store: Store, plan?: FaultPlan): FaultyStore {
  return new PlannedStore(store, plan ?? { at: Infinity, fault: 'fail' });
}

type Call = () => Promise<unknown>;
type AnyMethod = (...args: unknown[]) => Promise<unknown>;

class PlannedStore implements FaultyStore {
  calls = 0;
  readonly #store: Store;
  readonly #plan: FaultPlan;
  readonly #death = deferred<void>();
  #isDead = false;

  constructor(store: Store, plan: FaultPlan) {
    this.#store = store;
    this.#plan = plan;
  }

  readonly append = this.#planned('append');
  readonly command = this.#planned('command');
  readonly claim = this.#planned('claim');
  readonly release = this.#planned('release');
  readonly due = this.#planned('due');
  readonly putSummary = this.#planned('putSummary');
  readonly putBlob = this.#planned('putBlob');
  readonly erase = this.#planned('erase');
  readonly read = this.#planned('read');
  readonly tail = this.#planned('tail');
  readonly check = this.#planned('check');
  readonly heads = this.#planned('heads');
  readonly summary = this.#planned('summary');
  readonly list = this.#planned('list');
  readonly counts = this.#planned('counts');
  readonly getBlob = this.#planned('getBlob');
  readonly feed = this.#planned('feed');
  readonly moved = this.#planned('moved');
  readonly consumers = this.#planned('consumers');
  readonly keepConsumer = this.#planned('keepConsumer');
  readonly ackConsumer = this.#planned('ackConsumer');
  readonly dropConsumer = this.#planned('dropConsumer');

  get dead(): Promise<void> {
    return this.#death.promise;
  }

  onHeads(listener: (heads: readonly Head[]) => void): Disposable {
    return this.#store.onHeads((heads) => {
      if (!this.#isDead) listener(heads);
    });
  }

  place(): number {
    return this.#store.place();
  }

  health(): ReturnType<Store['health']> {
    return this.#isDead ? { writable: false, error: toErrorInfo(unavailable()) } : this.#store.health();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isDead) await this.#store[Symbol.asyncDispose]();
  }

  #planned<M extends StoreMethod>(method: M): Store[M] {
    const planned = (...args: unknown[]): Promise<unknown> =>
      this.#run(method, () => (this.#store[method] as AnyMethod).apply(this.#store, args));
    return planned as Store[M];
  }

  #run(method: StoreMethod, call: Call): Promise<unknown> {
    const { at, methods, times = 1 } = this.#plan;
    if (this.#isDead) return this.#giveUp();
    if (methods?.includes(method) === false) return call();
    this.calls += 1;
    return this.calls >= at && this.calls < at + times ? this.#strike(call) : call();
  }

  async #strike(call: Call): Promise<unknown> {
    const { fault, takesEffect = false } = this.#plan;
    this.#isDead = fault === 'die' || fault === 'cut';
    if (takesEffect) await call();
    if (this.#isDead) this.#death.resolve();
    return this.#giveUp();
  }

  #giveUp(): Promise<never> {
    const { fault } = this.#plan;
    return fault === 'fail' || fault === 'cut' ? Promise.reject(unavailable()) : new Promise(() => undefined);
  }
}

const unavailable = (): CarrelError =>
  new CarrelError('store_unavailable', 'the store fails here because the plan of the test says so');
