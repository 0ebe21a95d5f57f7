// Starts what the state wants done, once per key, and stops what it does not want any more. Results go back as commands.
import type { Effect, EffectCommand } from '../session/index.ts';
import { toErrorInfo } from '../protocol/index.ts';
import type { Postponement } from './admission/index.ts';
import type { ChildWork } from './children/others.ts';
import { ChildWatch } from './children/watch.ts';
import { ask, GAVE_WAY } from './perform/ask.ts';
import { compact } from './perform/compact.ts';
import { needsSlot } from './perform/needs-slot.ts';
import { judge, neverBegan, run } from './perform/run.ts';
import { Stop, stopReason } from './perform/view.ts';

/** Before a call that found no place to wait for a slot asks for one again, ms. */
const SLOT_RETRY_MS = 1_000;
/** The clock is looked at this often while something has a time, ms: it may be set, and a machine may sleep. */
const LOOK_MS = 60_000;

type Doable = Exclude<Effect, { kind: 'timer' | 'child' }>;

type Timer = Extract<Effect, { kind: 'timer' }>;

interface Running {
  readonly abort: AbortController;
  /** Settles when the effect has ended and its result is recorded or given up. */
  readonly done: Promise<void>;
  /** The work itself has ended: there is nothing left to stop. */
  ended: boolean;
}

/** A request that its provider does not take yet. That is not in the state: after a restart it is just asked again. */
interface Postponed {
  readonly key: string;
  readonly since: number;
  /** Until it comes again. */
  timer: Disposable | undefined;
}

export class Performer {
  readonly #work: ChildWork;
  readonly #children: ChildWatch;
  readonly #running = new Map<string, Running>();
  readonly #timers = new Map<string, Disposable>();
  #wanted: readonly (Doable | Timer)[] = [];
  #slot: Disposable | undefined;
  /** What the slot was given for: the next turn queues again when somebody waits. */
  #slotTurn: string | undefined;
  #waiting: AbortController | undefined;
  /** There was no slot, and no place to wait for one: none is asked for before this timer fires. */
  #refusal: Disposable | undefined;
  #postponed: Postponed | undefined;
  #closed = false;

  constructor(work: ChildWork) {
    this.#work = work;
    this.#children = new ChildWatch(work);
  }

  get busy(): boolean {
    return this.#running.size > 0 || this.#waiting !== undefined;
  }

  /** Whoever puts the session to sleep wakes it soon. */
  get unfinished(): boolean {
    return this.#children.unfinished;
  }

  childMoved(child: string): void {
    this.#children.moved(child);
  }

  /** Makes what runs agree with what is wanted. */
  sync(all: readonly Effect[]): void {
    if (this.#closed) return;
    this.#wanted = all.filter((effect) => effect.kind !== 'child');
    this.#children.sync(all.filter((effect) => effect.kind === 'child'));
    this.#syncOwn();
  }

  /** Without the children, of which nothing new is known. */
  #syncOwn(): void {
    if (this.#closed) return;
    const wanted = this.#wanted;
    const keys = new Set(wanted.map((effect) => effect.key));
    for (const key of this.#timers.keys()) if (!keys.has(key)) this.#dropTimer(key);
    for (const [key, { abort, ended }] of this.#running) {
      if (keys.has(key)) continue;
      this.#running.delete(key);
      if (!ended) abort.abort(new Stop('cancel'));
    }
    if (!keys.has(this.#postponed?.key ?? '')) this.#forgetPostponed();
    this.#yieldSlot();
    for (const effect of wanted) this.#want(effect);
    this.#balanceSlot();
  }

  /** Stops everything and waits for its end. What a tool really did is still recorded; an open answer is left to recovery. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#children.close();
    for (const key of this.#timers.keys()) this.#dropTimer(key);
    this.#forgetPostponed();
    this.#waiting?.abort(new Stop('close'));
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort(new Stop('close'));
    await Promise.all(running.map(({ done }) => done));
    this.#releaseSlot();
  }

  #want(effect: Doable | Timer): void {
    if (effect.kind === 'timer') return this.#arm(effect.key, effect.at, () => this.#fire(effect));
    const running = this.#running.get(effect.key);
    const stop = isStopped(effect);
    if (running !== undefined) {
      if (stop) running.abort.abort(new Stop('cancel'));
    } else if (stop) this.#start(effect, new AbortController());
    else if (this.#works(effect)) {
      if (this.#slot !== undefined) this.#start(effect, new AbortController());
    } else if (effect.kind === 'ask' && !this.#isPostponed(effect))
      this.#arm(`ask:${effect.key}`, effect.notBefore ?? 0, () => this.#syncOwn());
  }

  /** However many inputs of one session wait, each turn takes its place behind those of other sessions. */
  #yieldSlot(): void {
    const { scope, view } = this.#work;
    const other = this.#slot !== undefined && view.state.turn?.id !== this.#slotTurn;
    if (other && this.#running.size === 0 && scope.admission.contended) this.#releaseSlot();
  }

  /** A turn at work holds a slot of the host; one that only waits holds none. */
  #balanceSlot(): void {
    const works = this.#wanted.some((effect) => this.#works(effect));
    if (!works) this.#releaseSlot();
    else if (this.#slot === undefined && this.#waiting === undefined && this.#refusal === undefined)
      void this.#acquire();
  }

  async #acquire(): Promise<void> {
    const waiting = new AbortController();
    this.#waiting = waiting;
    try {
      const { scope, view } = this.#work;
      const slot = await scope.admission.turn(view.id, waiting.signal);
      if (this.#closed) slot[Symbol.dispose]();
      else {
        this.#slot = slot;
        this.#slotTurn = view.state.turn?.id;
      }
    } catch (error) {
      if (!this.#closed && !waiting.signal.aborted) this.#refused(error);
    } finally {
      this.#waiting = undefined;
    }
    this.#syncOwn();
  }

  #works(effect: Doable | Timer): boolean {
    return !this.#isPostponed(effect) && needsSlot(effect, this.#work.scope.clock.now());
  }

  #isPostponed({ key }: Effect): boolean {
    return this.#postponed?.key === key && this.#postponed.timer !== undefined;
  }

  /**
   * Nothing can be asked: the step fails and says why. A call has been promised to run, and a request that was postponed had a place
   * before, so they go on waiting.
   */
  #refused(error: unknown): void {
    this.#refusal = this.#work.scope.clock.after(SLOT_RETRY_MS, () => {
      this.#refusal = undefined;
      this.#syncOwn();
    });
    const asked = this.#wanted.find((effect) => effect.kind === 'ask');
    if (asked?.kind === 'ask' && asked.key !== this.#postponed?.key) {
      const { step, attempt } = asked;
      this.#submit({ type: 'step/failed', step, attempt, parts: [], error: toErrorInfo(error) });
    } else {
      const what = asked === undefined ? 'a call' : 'a request';
      this.#work.scope.fault(`${what} waits for a free slot`, error, this.#work.view.id);
    }
  }

  #releaseSlot(): void {
    this.#waiting?.abort(new Stop('cancel'));
    this.#refusal?.[Symbol.dispose]();
    this.#refusal = undefined;
    if (this.#slot === undefined) return;
    this.#slot[Symbol.dispose]();
    this.#slot = undefined;
    this.#work.scope.files.release(this.#work.view.id);
  }

  #start(effect: Doable, abort: AbortController): void {
    if (isStopped(effect)) abort.abort(new Stop('cancel'));
    const done = this.#perform(effect, abort.signal);
    this.#running.set(effect.key, { abort, done, ended: false });
  }

  async #perform(effect: Doable, signal: AbortSignal): Promise<void> {
    const result = await this.#try(effect, signal);
    if (result === GAVE_WAY) return;
    if (!('type' in result)) return this.#postpone(effect.key, signal, result);
    const running = this.#running.get(effect.key);
    if (running !== undefined) running.ended = true;
    const parked = effect.kind !== 'run' && stopReason(signal) === 'close';
    if (!parked) this.#submit(result);
  }

  /** The turn gives its slot back, unless the request is to be stopped. */
  #postpone(key: string, signal: AbortSignal, later: Postponement): void {
    if (this.#closed || this.#running.get(key)?.abort.signal !== signal) return;
    this.#running.delete(key);
    const { admission, clock } = this.#work.scope;
    const since = this.#postponed?.key === key ? this.#postponed.since : clock.monotonic();
    const timer = admission.postpone(later, () => {
      postponed.timer = undefined;
      this.#syncOwn();
    });
    const postponed: Postponed = { key, since, timer };
    this.#postponed = postponed;
    this.#syncOwn();
  }

  #forgetPostponed(): void {
    this.#postponed?.timer?.[Symbol.dispose]();
    this.#postponed = undefined;
  }

  #waitedMs(key: string): number {
    return this.#postponed?.key === key ? this.#work.scope.clock.monotonic() - this.#postponed.since : 0;
  }

  async #try(effect: Doable, signal: AbortSignal): Promise<EffectCommand | Postponement | typeof GAVE_WAY> {
    try {
      if (effect.kind === 'ask') {
        const waitedMs = this.#waitedMs(effect.key);
        return await ask(this.#work, effect, { signal, waitedMs });
      }
      if (effect.kind === 'compact') {
        const waitedMs = this.#waitedMs(effect.key);
        return await compact(this.#work, effect, { signal, waitedMs });
      }
      if (effect.kind === 'judge') return await judge(this.#work, effect, signal);
      if (signal.aborted) return neverBegan(effect.call);
      return await run(this.#work, effect, signal);
    } catch (error) {
      return broken(effect, error);
    }
  }

  #submit(command: EffectCommand): void {
    // The mailbox says `conflict` to a result that nobody waits for any more; everything else it reports itself.
    this.#work.view.submit(command).catch((error: unknown) => {
      if (toErrorInfo(error).code !== 'conflict')
        this.#work.scope.fault(`${command.type} was refused`, error, this.#work.view.id);
    });
  }

  /** The clock may have been set back: then it is not yet time. */
  #fire(timer: Timer): void {
    if (timer.at > this.#work.scope.clock.now()) this.#want(timer);
    else this.#submit({ type: 'timer/fired', key: timer.key });
  }

  #arm(key: string, at: number, look: () => void): void {
    if (this.#timers.has(key)) return;
    const { clock } = this.#work.scope;
    const timer = clock.after(Math.min(at - clock.now(), LOOK_MS), () => {
      this.#timers.delete(key);
      look();
    });
    this.#timers.set(key, timer);
  }

  #dropTimer(key: string): void {
    this.#timers.get(key)?.[Symbol.dispose]();
    this.#timers.delete(key);
  }
}

/** The others go as soon as they are not wanted any more. */
function isStopped(effect: Doable): boolean {
  return effect.kind !== 'judge' && effect.kind !== 'compact' && effect.stop;
}

function broken(effect: Doable, error: unknown): EffectCommand {
  const info = toErrorInfo(error);
  if (effect.kind === 'compact')
    return { type: 'compaction/failed', compaction: effect.compaction, reason: 'model', error: info };
  if (effect.kind === 'ask')
    return { type: 'step/failed', step: effect.step, attempt: effect.attempt, parts: [], error: info };
  const { call } = effect;
  if (effect.kind === 'judge')
    return { type: 'call/judged', call, judgement: { kind: 'deny', why: info.message, summary: call } };
  return {
    type: 'call/finished',
    call,
    status: 'unknown',
    output: { text: info.message, bytes: info.message.length },
    error: { ...info, retryable: false },
  };
}
