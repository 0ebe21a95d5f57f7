// One host, from its opening to its end: the real one, with everything it is given made of the simulation.
import { DEFAULT_SESSION_LIMITS } from '../../config/index.ts';
import { openHost, type Host } from '../../host/index.ts';
import { createModels } from '../../model/index.ts';
import type { Profile } from '../../protocol/index.ts';
import type { Dice } from './dice.ts';
import { diskStore } from './disk-store.ts';
import type { Disk } from './disk.ts';
import type { Findings } from './findings.ts';
import type { Ledger } from './ledger.ts';
import type { Plan, SessionPlan } from './plan.ts';
import type { Owner, Schedule } from './schedule.ts';
import type { Temper } from './script.ts';
import { simModel } from './sim-model.ts';
import { FAMILY, KINDS, simTools } from './sim-tools.ts';

/** What every host of a run shares. */
export interface World {
  readonly plan: Plan;
  readonly dice: Dice;
  readonly schedule: Schedule;
  readonly disk: Disk;
  readonly ledger: Ledger;
  readonly findings: Findings;
  readonly temperOf: (session: string) => Temper;
}

/** Inputs that may wait in one session: so few that the bound is met. */
export const QUEUED_INPUTS = 4;

export class Life {
  readonly name: string;
  readonly owner: Owner = { mood: 'running' };
  readonly #world: World;
  /** Open for work. */
  host: Host | undefined;
  #readyAtMs = Infinity;
  #disturbedAtMs = -Infinity;

  constructor(number: number, world: World) {
    this.name = `h${String(number)}`;
    this.#world = world;
  }

  /** Whether it has been open and undisturbed for so long. */
  readyFor(ms: number): boolean {
    return this.undisturbedFor(ms) && this.#world.schedule.nowMs - this.#readyAtMs >= ms;
  }

  undisturbedFor(ms: number): boolean {
    return this.#world.schedule.nowMs - this.#disturbedAtMs >= ms;
  }

  /** It stood still, or its clock jumped: nothing is promised about how long things took. */
  disturbed(): void {
    this.#disturbedAtMs = this.#world.schedule.nowMs;
  }

  async open(): Promise<void> {
    const { plan, schedule, disk, ledger, findings } = this.#world;
    const { owner, name } = this;
    const dice = this.#world.dice.of(name);
    const parts = { schedule, owner, host: name, ledger };
    const clock = schedule.clock(owner);
    const model = simModel({
      ...parts,
      disk,
      dice: this.#world.dice.of('model'),
      temperOf: this.#world.temperOf,
    });
    const host = await openHost({
      store: diskStore({ disk, schedule, dice: dice.of('disk'), owner, holder: name }),
      clock,
      models: createModels({ providers: [], models: [model], clock }),
      tools: simTools({ ...parts, dice: dice.of('tools') }),
      profiles: new Map(plan.sessions.map((session) => [session.key, profileOf(session)])),
      // What the process really takes is none of the simulation's.
      limits: { ...plan.limits, memoryMb: Infinity },
      recover: plan.recover,
      random: dice.of('random').bytes,
      onFault: ({ what, session, error }) => {
        // Nothing that is simulated is a bug of the host.
        if (what === 'a session crashed') findings.add('P6', `${session ?? ''} crashed: ${String(error)}`);
      },
    });
    this.host = host;
    this.#readyAtMs = schedule.nowMs;
  }

  die(): void {
    this.owner.mood = 'gone';
    this.#world.ledger.died(this.name);
  }
}

function profileOf({ key, mode, recovery, turnTimeoutMs }: SessionPlan): Profile {
  return {
    name: key,
    prompt: 'You are being simulated.',
    model: 'sim/model',
    tools: [...Object.keys(KINDS), ...FAMILY.map((tool) => tool.name)],
    mode,
    recovery,
    continueOnLength: true,
    haltOnDenied: false,
    deny: { tools: [], paths: [] },
    limits: {
      ...DEFAULT_SESSION_LIMITS,
      maxSteps: 6,
      modelSilenceMs: 3_000,
      toolTimeoutMs: 2_000,
      parallelTools: 3,
      queuedInputs: QUEUED_INPUTS,
      approvalMs: 60_000,
      toolContextBytes: 1_024,
      turnTimeoutMs,
      childDepth: 2,
    },
  };
}
