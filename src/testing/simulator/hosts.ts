// One host after the other: opened, killed, closed, stalled, and opened again on what the disk has.
import { codeOf } from '../../protocol/index.ts';
import { Life, type World } from './life.ts';
import { DISK_WELL_MS, lostOrphan, missingText, orphans, type Orphan } from './oracle/tails.ts';
import type { FaultAction } from './plan.ts';

/** A host that is asked to close has to be closed after that, ms: a deaf tool is given up after 5 s. */
const CLOSE_MS = 60_000;
const HOUR_MS = 60 * 60_000;

export interface HostsOptions {
  readonly world: World;
  readonly onDeath: (life: Life) => void;
  readonly onOpen: (life: Life) => void;
}

export class Hosts {
  /** The one that clients are led to. */
  current: Life | undefined;
  deaths = 0;
  closes = 0;
  readonly #options: HostsOptions;
  readonly #world: World;
  readonly #alive = new Set<Life>();
  readonly #orphans: Orphan[] = [];
  #count = 0;

  constructor(options: HostsOptions) {
    this.#options = options;
    this.#world = options.world;
  }

  get alive(): ReadonlySet<Life> {
    return this.#alive;
  }

  open(): void {
    const life = new Life(++this.#count, this.#world);
    this.current = life;
    this.#alive.add(life);
    void this.#open(life);
  }

  async #open(life: Life): Promise<void> {
    try {
      await life.open();
      this.#options.onOpen(life);
    } catch (error) {
      // The program ends with an error; whoever supervises it starts it again.
      if (codeOf(error) !== 'store_unavailable')
        this.#world.findings.add('P6', `a host does not open: ${String(error)}`);
      this.#end(life);
      this.#again(500);
    }
  }

  do({ kind: fault, number }: FaultAction): void {
    const { disk, dice, schedule } = this.#world;
    const roll = dice.of(`fault ${String(number)}`);
    const life = this.current;
    const forMs = roll.between(50, 3_000);
    if (fault === 'refuse-writes' || fault === 'refuse-all') {
      disk.refusesUntil.write = schedule.nowMs + forMs;
      if (fault === 'refuse-all') disk.refusesUntil.read = schedule.nowMs + forMs;
      disk.trouble(forMs);
    } else if (fault === 'slow') {
      disk.slowUntilMs = schedule.nowMs + forMs;
      disk.trouble(forMs + 2_000);
    } else if (fault === 'unanswered') disk.loses += roll.between(1, 3);
    else if (fault === 'jump') this.#jump(roll.pick([HOUR_MS, -HOUR_MS, 48 * HOUR_MS]));
    else if (life === undefined) return;
    else if (fault === 'close') void this.close(life);
    else if (fault === 'stall') this.#stall(life, roll.between(200, 4_000));
    else if (fault === 'die') this.#die(life, roll.between(10, 2_000));
    else {
      const hit = (): void => this.#soon(() => this.#die(life, roll.between(10, 2_000)));
      disk.strike = { when: fault === 'die-before' ? 'before' : 'after', hit };
    }
  }

  /** Between this step and the next. */
  #soon(run: () => void): void {
    this.#world.schedule.add({ delayMs: 0, what: 'the host dies at its write', run, first: true });
  }

  #die(life: Life, downMs: number): void {
    if (!this.#alive.has(life)) return;
    this.auditTail(life);
    this.deaths++;
    this.#end(life);
    this.#orphans.push(...orphans(this.#world.disk, life.name));
    if (this.current === undefined) this.#again(downMs);
  }

  #end(life: Life): void {
    life.die();
    this.#alive.delete(life);
    if (this.current === life) this.current = undefined;
    this.#options.onDeath(life);
  }

  #again(delayMs: number): void {
    this.#world.schedule.add({
      delayMs,
      what: 'a host opens',
      run: () => {
        if (this.current === undefined) this.open();
      },
    });
  }

  /** Waits for its end, and looks at what it leaves behind: nothing but a viewer that was just reading. */
  async close(life: Life, reopen = true): Promise<void> {
    const { host } = life;
    if (host === undefined || this.current !== life) return;
    this.current = undefined;
    this.closes++;
    const { schedule, findings } = this.#world;
    using _late = schedule.add({
      delayMs: CLOSE_MS,
      what: `${life.name} should be closed`,
      run: () => {
        if (life.owner.mood === 'running') findings.add('P8', `${life.name} does not close`);
      },
    });
    await host.close();
    if (!this.#alive.has(life)) return;
    const left = schedule.waits(life.owner, (what) => !what.includes(' disk: '));
    if (left !== undefined) findings.add('P8', `${life.name} is closed, and left behind: ${left}`);
    this.#end(life);
    if (reopen) this.#again(100);
  }

  /** It hangs while another is opened; then it comes back, and is killed a little later. */
  #stall(life: Life, forMs: number): void {
    const { schedule } = this.#world;
    if (life.owner.mood !== 'running' || this.#alive.size > 1) return;
    life.owner.mood = 'stalled';
    this.current = undefined;
    this.#again(10);
    const back = (): void => {
      if (life.owner.mood !== 'stalled') return;
      life.owner.mood = 'running';
      life.disturbed();
      schedule.resume(life.owner);
      schedule.add({ delayMs: forMs / 2, what: `${life.name} is killed`, run: () => this.#die(life, 100) });
    };
    schedule.add({ delayMs: forMs, what: `${life.name} comes back`, run: back });
  }

  #jump(byMs: number): void {
    this.#world.schedule.skewMs += byMs;
    for (const life of this.#alive) life.disturbed();
  }

  auditTail(life: Life): void {
    const { ledger, disk, schedule, findings } = this.#world;
    if (life.owner.mood !== 'running' || !life.undisturbedFor(DISK_WELL_MS)) return;
    findings.addAll('P2', missingText(ledger, { disk, host: life.name, nowMs: schedule.nowMs }));
  }

  /** Open parts that deaths left must be in the journals by now. */
  auditOrphans(): void {
    const { disk, findings } = this.#world;
    for (const orphan of this.#orphans) {
      const lost = lostOrphan(orphan, disk);
      if (lost !== undefined) findings.add('P2', lost);
    }
  }
}
