// What people and programs do to the sessions of a run.
import type { Command, Source } from '../../protocol/index.ts';
import { CarrelError, codeOf } from '../../protocol/index.ts';
import { tmpdir } from 'node:os';
import type { Life, World } from './life.ts';
import type { Hosts } from './hosts.ts';
import { Orders } from './orders.ts';
import type { ClientAction, ClientKind } from './plan.ts';
import { realTurn } from './real-turn.ts';
import { Viewer } from './viewer.ts';

/** Kinds that are one command. */
type OrderKind = Exclude<ClientKind, 'create' | 'follow' | 'leave' | 'burst'>;

const USER: Source = { kind: 'user' };
/** Before a session that could not be created is tried again, ms. */
const RETRY_MS = 200;
/** Commands of one burst: more than a mailbox holds. */
const BURST = 300;

export class Clients {
  readonly orders: Orders;
  readonly viewers: Viewer[] = [];
  /** Ids of the sessions that exist, by their place in the plan. */
  readonly sessions = new Map<number, string>();
  readonly #world: World;
  readonly #hosts: Hosts;
  readonly #creating = new Set<{ readonly life: Life; readonly place: number }>();
  /** Sessions that are to be created, by their place in the plan. */
  readonly #wanted = new Set<number>();
  #insisted = 0;

  constructor(world: World, hosts: Hosts) {
    this.#world = world;
    this.#hosts = hosts;
    const { schedule, disk, findings } = world;
    const dice = world.dice.of('orders');
    this.orders = new Orders({ schedule, disk, findings, dice, current: () => hosts.current });
  }

  do({ number, kind, session: place }: ClientAction): void | Promise<void> {
    if (kind === 'create') return this.create(place);
    const session = this.#meant(place, number);
    if (session === undefined) return undefined;
    const id = `cmd_${String(number)}`;
    if (kind === 'follow') this.#follow(session);
    else if (kind === 'leave') this.viewers.find((viewer) => viewer.session === session)?.leave();
    else if (kind === 'burst')
      for (let n = 0; n < BURST; n++)
        this.orders.send(session, this.#command(session, 'send', `${id}.${String(n)}`));
    else this.orders.send(session, this.#command(session, kind, id));
    return undefined;
  }

  /** The session of the plan, or the newest of its children. */
  #meant(place: number, number: number): string | undefined {
    const { dice, disk } = this.#world;
    const planned = this.sessions.get(place);
    const children = [...disk.journals].filter(
      ([, { born }]) => planned !== undefined && born?.parent === planned,
    );
    const isChild = dice.of(`meant ${String(number)}`).chance(0.3);
    return isChild ? (children.at(-1)?.[0] ?? planned) : planned;
  }

  /** However often it is refused for now. */
  insist(session: string, kind: OrderKind): void {
    this.orders.insist(session, this.#command(session, kind, `cmd_again${String(++this.#insisted)}`));
  }

  #command(session: string, kind: OrderKind, id: string): Command {
    const chance = this.#world.dice.of(id).next();
    const journal = this.#world.disk.journal(session);
    const approve = { id, type: 'approval/resolve', scope: 'once', by: USER } as const;
    const which = journal.waiting.length > 1 ? { call: journal.waiting[0] ?? '' } : {};
    const input = { id, type: 'input/send', text: `{${id}} please`, source: USER } as const;
    const commands: Readonly<Record<typeof kind, Command>> = {
      send: { ...input, delivery: 'queue' },
      steer: { ...input, delivery: 'steer' },
      cancel: { id, type: 'turn/cancel', by: USER },
      approve: { ...approve, ...which, decision: 'allow', scope: chance < 0.2 ? 'session' : 'once' },
      deny: { ...approve, ...which, decision: 'deny' },
      withdraw: { id, type: 'input/withdraw', command: journal.queued.at(-1) ?? 'cmd_none' },
      continue: { id, type: 'turn/continue', by: USER },
      context: { id, type: 'context/add', text: `context of ${id}`, role: 'user' },
      rename: { id, type: 'session/rename', title: `title of ${id}` },
      configure: { id, type: 'session/configure', change: { mode: chance < 0.5 ? 'ask' : 'full' } },
      archive: { id, type: 'session/archive', by: USER },
      restore: { id, type: 'session/restore', by: USER },
      revive: { id, type: 'session/revive', by: USER },
    };
    return commands[kind];
  }

  /** Sessions that are not created yet. */
  get wanted(): readonly number[] {
    return [...this.#wanted];
  }

  /** Everyone whose host died finds the next one. */
  died(life: Life): void {
    this.orders.died(life);
    for (const creation of this.#creating) {
      if (creation.life !== life) continue;
      this.#creating.delete(creation);
      this.#createAgain(creation.place);
    }
    for (const viewer of this.viewers) if (viewer.life === life) viewer.leave();
  }

  opened(life: Life): void {
    for (const viewer of this.viewers) if (viewer.life === undefined) this.#join(viewer, life);
  }

  #follow(session: string): void {
    const { disk, findings, dice } = this.#world;
    const name = `viewer ${String(this.viewers.length + 1)}`;
    const known = this.viewers.find((viewer) => viewer.session === session && viewer.life === undefined);
    const viewer = known ?? new Viewer({ name, session, disk, findings, dice: dice.of(name) });
    if (known === undefined) this.viewers.push(viewer);
    const life = this.#hosts.current;
    if (life?.host !== undefined) void viewer.join(life);
  }

  #join(viewer: Viewer, life: Life): void {
    this.#world.schedule.add({
      delayMs: this.#world.dice.between(0, 300),
      what: 'a viewer joins',
      run: () => {
        if (viewer.life === undefined && this.#hosts.current === life) void viewer.join(life);
      },
    });
  }

  /** Reaches outside the simulation, where the folder is looked at: that much is waited for in real time. */
  async create(place: number): Promise<void> {
    if (!this.sessions.has(place)) this.#wanted.add(place);
    const plan = this.#world.plan.sessions[place];
    const life = this.#hosts.current;
    if (plan === undefined) return;
    if (life?.host === undefined) return this.#createAgain(place);
    const { key } = plan;
    const { disk } = this.#world;
    const creation = { life, place };
    this.#creating.add(creation);
    const created = life.host.create({ folder: tmpdir(), profile: key, name: key, key });
    created.then(
      (handle) => this.#created(place, handle.id),
      (error: unknown) => this.#notCreated(place, error),
    );
    const end = (): void => void this.#creating.delete(creation);
    created.then(end, end);
    const { calls } = disk;
    await realTurn(created, () => disk.calls > calls);
  }

  #createAgain(place: number): void {
    const run = (): Promise<void> => this.create(place);
    this.#world.schedule.add({ delayMs: RETRY_MS, what: `client creates ${String(place)} again`, run });
  }

  #created(place: number, id: string): void {
    const { disk, findings } = this.#world;
    const known = this.sessions.get(place);
    if (known !== undefined && known !== id) findings.add('P1', `session ${String(place)} was created twice`);
    if (disk.journal(id).head === 0) findings.add('P1', `${id} was created, and is not on the disk`);
    this.sessions.set(place, id);
    this.#wanted.delete(place);
  }

  #notCreated(place: number, error: unknown): void {
    const passing: readonly string[] = ['store_unavailable', 'overloaded', 'cancelled'];
    if (passing.includes(codeOf(error))) this.#createAgain(place);
    else if (error instanceof CarrelError && error.code !== 'internal')
      this.#world.findings.add('P1', `a session cannot be created: ${error.message}`);
    else this.#world.findings.add('P6', `creating met a bug: ${String(error)}`);
  }
}
