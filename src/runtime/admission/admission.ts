// The one place that gives slots, in one order: host → provider → session → tool. A turn at work holds a slot of the host; within
// it one request holds a slot of its provider, or each call one of its tool. Nobody who holds a slot waits for one of a level
// before it, so no two can wait for each other. The level of the session is the core's: one turn, and `parallelTools` calls.
import type { Clock } from '../../base/index.ts';
import type { CarrelError } from '../../protocol/index.ts';
import { Provider, type Permit, type Requester, type ProviderReport, type Rates } from './provider.ts';
import type { Postponement } from './refusals.ts';
import { reserveOf } from './reserve.ts';
import type { Slot } from './slot.ts';
import { Slots, type SlotReport } from './slots.ts';
import type { HeldSlot } from './watchdog.ts';

export interface AdmissionLimits {
  /** Turns at work at once. */
  readonly turns: number;
  readonly requestsPerProvider: number;
  /** Calls of tools at work at once. */
  readonly toolsAtOnce: number;
  /** Turns, and requests of one provider, that may wait before `overloaded`. */
  readonly waitingTurns: number;
  readonly waitMs: number;
  /** Of the turns' slots, kept for sessions that somebody looks at, in percent. */
  readonly reservePercent: number;
  /** How long a turn that nobody looks at waits before it counts as one that somebody does, ms. */
  readonly agedAfterMs: number;
}

export interface AdmissionOptions {
  readonly limits: AdmissionLimits;
  /** Calls of one tool at once, by its name, where less than all may. */
  readonly tools?: ReadonlyMap<string, number>;
  /** What providers are asked at most in a minute, by their names. */
  readonly rates?: ReadonlyMap<string, Rates>;
  readonly clock: Clock;
}

export interface AdmissionReport {
  readonly turns: SlotReport;
  readonly providers: Readonly<Record<string, ProviderReport>>;
  /** All tools together, and those with a bound of their own. */
  readonly calls: SlotReport;
  readonly tools: Readonly<Record<string, SlotReport>>;
  /** What each session at work holds. One holds a turn and, within it, a request or calls. */
  readonly sessions: Readonly<Record<string, Holding>>;
}

export interface Holding {
  readonly turns: number;
  readonly requests: number;
  readonly calls: number;
}

export class Admission implements Disposable {
  readonly #options: AdmissionOptions;
  readonly #turns: Slots;
  readonly #providers = new Map<string, Provider>();
  readonly #calls: Slots;
  readonly #tools = new Map<string, Slots>();
  /** How many look at a session. */
  readonly #looks = new Map<string, number>();

  constructor(options: AdmissionOptions) {
    const { limits, tools = new Map<string, number>(), clock } = options;
    const { turns, toolsAtOnce, waitingTurns: waiting, waitMs, reservePercent, agedAfterMs } = limits;
    this.#options = options;
    const reserve = { slots: reserveOf(turns, reservePercent), agedAfterMs };
    this.#turns = new Slots(
      { level: 'host', what: 'turns of this host', capacity: turns, waiting, waitMs, reserve },
      clock,
    );
    // As many may wait as turns at work can have calls: the turns are bounded, and a call that may run is refused nothing.
    const call = { level: 'tool', waiting: Infinity, waitMs } as const;
    this.#calls = new Slots({ ...call, what: 'calls of tools', capacity: toolsAtOnce }, clock);
    for (const [tool, capacity] of tools)
      this.#tools.set(tool, new Slots({ ...call, what: `calls of ${tool}`, capacity }, clock));
  }

  /** Somebody waits for a slot of the host. */
  get contended(): boolean {
    return this.#turns.waiting > 0;
  }

  /** Turns that wait for a slot of the host. */
  get waitingTurns(): number {
    return this.#turns.waiting;
  }

  /** The right to work on a turn. To be given back while the turn waits for a human, a child or a timer. */
  turn(session: string, signal: AbortSignal): Promise<Slot> {
    return this.#turns.acquire({ session, looked: this.#looks.has(session) }, signal);
  }

  /** What one more turn of the session would be refused with now. */
  turnRefusal(session: string): CarrelError | undefined {
    return this.#turns.refusal(this.#looks.has(session));
  }

  /** The right to one request. The turn has its slot, and gives it back when the refusal is a `postponement`. */
  request(provider: string, requester: Requester, signal: AbortSignal): Promise<Permit> {
    return this.#provider(provider).enter(requester, signal);
  }

  /** Calls `again` when one that was postponed is to come again: then, or as soon as the provider may take it. */
  postpone({ provider, inMs }: Postponement, again: () => void): Disposable {
    return this.#provider(provider).postpone(inMs, again);
  }

  /** Asks a provider again that is left alone. Gives whether it was asked for anything so far. */
  resetBreaker(provider: string): boolean {
    this.#providers.get(provider)?.reset();
    return this.#providers.has(provider);
  }

  /** The right to run one call. The turn has its slot. */
  async call(tool: string, session: string, signal: AbortSignal): Promise<Disposable> {
    const asker = { session, looked: true };
    const own = this.#tools.get(tool);
    if (own === undefined) return this.#calls.acquire(asker, signal);
    // Its own first: whoever waits for a narrow tool takes no place from other tools.
    const narrow = await own.acquire(asker, signal);
    try {
      const wide = await this.#calls.acquire(asker, signal);
      return { [Symbol.dispose]: () => [wide, narrow].forEach((slot) => slot[Symbol.dispose]()) };
    } catch (error) {
      narrow[Symbol.dispose]();
      throw error;
    }
  }

  /** Somebody looks at the session, until disposed. What it waits for comes forward. */
  look(session: string): Disposable {
    this.#looks.set(session, (this.#looks.get(session) ?? 0) + 1);
    this.#turns.look(session);
    let looking = true;
    return {
      [Symbol.dispose]: () => {
        if (looking) this.#unlook(session);
        looking = false;
      },
    };
  }

  /** The place of the session's turn among those that wait for a slot of the host, from 1; undefined when it does not wait. */
  position(session: string): number | undefined {
    return this.positions(new Set([session])).get(session);
  }

  /** The same for several at once. */
  positions(wanted: ReadonlySet<string>): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    let position = 0;
    for (const session of this.#turns.sessions()) {
      position++;
      if (wanted.has(session)) found.set(session, position);
    }
    return found;
  }

  /** Every slot in use, of all levels. */
  *held(): Generator<HeldSlot> {
    yield* this.#turns.held;
    for (const provider of this.#providers.values()) yield* provider.held;
    for (const slots of this.#tools.values()) yield* slots.held;
    yield* this.#calls.held;
  }

  report(): AdmissionReport {
    const reports = <R>(slots: ReadonlyMap<string, { readonly report: R }>): Record<string, R> =>
      Object.fromEntries([...slots].map(([name, { report }]) => [name, report]));
    return {
      turns: this.#turns.report,
      providers: reports(this.#providers),
      calls: this.#calls.report,
      tools: reports(this.#tools),
      sessions: this.#holdings(),
    };
  }

  [Symbol.dispose](): void {
    for (const provider of this.#providers.values()) provider[Symbol.dispose]();
  }

  #provider(name: string): Provider {
    const known = this.#providers.get(name);
    if (known !== undefined) return known;
    const { limits, rates, clock } = this.#options;
    const { requestsPerProvider: capacity, waitingTurns: waiting, waitMs } = limits;
    const slots = { level: 'provider', what: `requests to ${name}`, capacity, waiting, waitMs } as const;
    const provider = new Provider(name, { limits: slots, rates: rates?.get(name) ?? {}, clock });
    this.#providers.set(name, provider);
    return provider;
  }

  #holdings(): Record<string, Holding> {
    const found: Record<string, { turns: number; requests: number; calls: number }> = {};
    const of = ({ slot: { session } }: HeldSlot) => (found[session] ??= { turns: 0, requests: 0, calls: 0 });
    for (const held of this.#turns.held) of(held).turns++;
    for (const provider of this.#providers.values()) for (const held of provider.held) of(held).requests++;
    for (const held of this.#calls.held) of(held).calls++;
    return found;
  }

  #unlook(session: string): void {
    const left = (this.#looks.get(session) ?? 1) - 1;
    if (left === 0) this.#looks.delete(session);
    else this.#looks.set(session, left);
  }
}
