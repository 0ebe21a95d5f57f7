// Runs the pure core alone: an array is the journal, a `World` plays models, judges and tools, and time moves when told.
import type { SessionEvent } from '../protocol/index.ts';
import { decide, effects, emptyState, evolve } from './index.ts';
import type { AnyCommand, Decided, Effect, EffectCommand, Facts, Refusal } from './index.ts';

export type Work = Exclude<Effect, { kind: 'timer' }>;
type Tail = Extract<EffectCommand, { type: 'session/recover' }>['tail'];

/** What becomes of an effect, when anything does yet. Asked once, and once more when the effect is stopped. */
export type World = (work: Work, self: Interpreter) => EffectCommand | undefined;

export class Interpreter {
  state = emptyState('ses_1');
  at = 1_000;
  incarnation = 1;
  readonly journal: SessionEvent[] = [];
  readonly #world: World;
  readonly #frame: Facts['frame'];
  #begun = new Set<string>();

  constructor(world: World, frame: Facts['frame']) {
    this.#world = world;
    this.#frame = frame;
  }

  submit(command: AnyCommand): Decided | Refusal {
    const { at, incarnation } = this;
    const decided = decide(this.state, command, { at, incarnation, frame: this.#frame });
    if ('refusal' in decided) return decided;
    this.journal.push(...decided.events);
    this.state = decided.state;
    return decided;
  }

  /** What may begin now and has not. */
  ready(): Work[] {
    const wanted = effects(this.state).filter((effect) => effect.kind !== 'timer');
    this.#begun = new Set(wanted.map(nameOf).filter((name) => this.#begun.has(name)));
    return wanted.filter((work) => !this.#begun.has(nameOf(work)) && isDue(work, this.at));
  }

  begin(work: Work): void {
    this.#begun.add(nameOf(work));
    const result = this.#world(work, this);
    if (result !== undefined) this.submit(result);
  }

  /** Goes on until only timers and silence are left. */
  settle(): this {
    for (let [work] = this.ready(); work !== undefined; [work] = this.ready()) this.begin(work);
    return this;
  }

  /** Time passes, and what is due by then fires. */
  wait(ms: number): this {
    this.at += ms;
    const timers = effects(this.state).filter((effect) => effect.kind === 'timer');
    for (const { key, at } of timers) if (at <= this.at) this.submit({ type: 'timer/fired', key });
    return this;
  }

  /** The next incarnation finds the journal as far as `cut`, and recovers what is open. */
  restart(cut = this.journal.length, tail: Tail = []): this {
    this.journal.length = cut;
    this.state = this.journal.reduce(evolve, emptyState(this.state.session));
    this.#begun.clear();
    this.incarnation = Math.max(this.incarnation, this.state.incarnation) + 1;
    const recover = { type: 'session/recover', incarnation: this.incarnation, tail } as const;
    if ((this.state.turn ?? this.state.compaction) !== undefined || tail.length > 0) this.submit(recover);
    return this;
  }
}

function nameOf(work: Work): string {
  return 'stop' in work && work.stop ? `${work.key}:stop` : work.key;
}

function isDue(work: Work, at: number): boolean {
  return work.kind !== 'ask' || work.stop || (work.notBefore ?? 0) <= at;
}
