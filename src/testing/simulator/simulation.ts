// The parts of one run, put together: a plan, virtual time, a disk, hosts on it, clients of them.
import { Clients } from './clients.ts';
import { Dice } from './dice.ts';
import { Disk } from './disk.ts';
import { Findings } from './findings.ts';
import { Hosts } from './hosts.ts';
import { Ledger } from './ledger.ts';
import { QUEUED_INPUTS, type Life, type World } from './life.ts';
import { judgeRequest, judgeRun } from './oracle/work.ts';
import { planOf, shownAction, type Action } from './plan.ts';
import { Schedule } from './schedule.ts';
import type { Temper } from './script.ts';
import { Trace } from './trace.ts';

export interface SimulationParts {
  readonly seed: number;
  readonly only: readonly number[] | undefined;
  readonly mostSteps: number;
  /** Looks at what must hold all the time. */
  readonly audit: (run: Simulation) => void;
}

/** Steps between two such looks. */
const AUDIT_EVERY = 20;

export class Simulation {
  readonly world: World;
  readonly hosts: Hosts;
  readonly clients: Clients;
  readonly tempers = new Map<string, Temper>();
  readonly trace = new Trace();
  readonly #parts: SimulationParts;

  constructor(parts: SimulationParts) {
    this.#parts = parts;
    const { seed, only } = parts;
    const dice = new Dice(`run ${String(seed)}`);
    const plan = planOf(seed, only === undefined ? undefined : new Set(only));
    const schedule = new Schedule(dice.of('schedule'), this.trace);
    const now = (): number => schedule.nowMs;
    const findings = new Findings(now);
    const disk = new Disk({ findings, now, queuedInputs: QUEUED_INPUTS });
    const ledger: Ledger = new Ledger(
      (request) => judgeRequest(request, disk, findings),
      (run) => judgeRun(run, { disk, findings, ledger }),
    );
    const temperOf = (session: string): Temper => this.#temperOf(session);
    this.world = { plan, dice, schedule, disk, ledger, findings, temperOf };
    this.hosts = new Hosts({
      world: this.world,
      onDeath: (life: Life) => this.clients.died(life),
      onOpen: (life: Life) => this.clients.opened(life),
    });
    this.clients = new Clients(this.world, this.hosts);
  }

  /** Runs until `done` holds, something is broken, or the time is over. Gives whether `done` holds. */
  async until(done: () => boolean, forMs = Infinity): Promise<boolean> {
    const { schedule, findings } = this.world;
    const endMs = schedule.nowMs + forMs;
    while (findings.all.length === 0 && schedule.nowMs <= endMs) {
      if (done()) return true;
      if (schedule.steps >= this.#parts.mostSteps) {
        findings.add('P8', `it is not over after ${String(this.#parts.mostSteps)} steps`);
        return false;
      }
      if (!(await schedule.step())) return done();
      if (schedule.steps % AUDIT_EVERY === 0) this.#parts.audit(this);
    }
    return false;
  }

  /** Carries out the plan. Gives whether it came to its end with nothing broken. */
  async run(): Promise<boolean> {
    const { plan, schedule } = this.world;
    this.hosts.open();
    for (const action of plan.actions) {
      const run = (): void | Promise<void> => this.#do(action);
      schedule.add({ delayMs: action.atMs, what: `action ${shownAction(action)}`, run });
    }
    let over = false;
    schedule.add({ delayMs: plan.endMs, what: 'the last action is done', run: () => void (over = true) });
    return this.until(() => over);
  }

  #do(action: Action): void | Promise<void> {
    if ('session' in action) return this.clients.do(action);
    this.hosts.do(action);
    return undefined;
  }

  #temperOf(session: string): Temper {
    const { plan, disk } = this.world;
    // A child has its parent's profile, and with it its manners.
    const planned = plan.sessions.find(({ key }) => key === disk.journal(session).born?.profile.name);
    return this.tempers.get(session) ?? planned?.temper ?? 'good';
  }
}
