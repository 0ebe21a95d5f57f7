// What clients ask of hosts, over a connection that loses answers and repeats questions. An order keeps its id however often it is sent.
import { isDeepStrictEqual } from 'node:util';
import type { Host } from '../../host/index.ts';
import { codeOf, type Command, type CommandReply } from '../../protocol/index.ts';
import type { Dice } from './dice.ts';
import type { Disk } from './disk.ts';
import type { Findings } from './findings.ts';
import type { Life } from './life.ts';
import { proofProblem } from './oracle/replies.ts';
import type { Schedule } from './schedule.ts';

export interface Order {
  readonly command: Command;
  readonly session: string;
  /** Times it is sent again at most when it is refused for now. */
  patience: number;
  /** As often it is on its way to a host. */
  underway: number;
  /** Sent and not answered, by which host and since when. */
  readonly open: Set<{ readonly life: Life; readonly sentAtMs: number }>;
  reply: CommandReply | undefined;
  /** When it was first acknowledged, ms. */
  ackedAtMs: number;
}

export interface OrdersOptions {
  readonly schedule: Schedule;
  readonly disk: Disk;
  readonly findings: Findings;
  readonly dice: Dice;
  /** The host that answers now, if one does. */
  readonly current: () => Life | undefined;
}

/** Refusals that may be gone later, with which nothing was carried out. */
const PASSING = ['store_unavailable', 'overloaded', 'limit_reached', 'cancelled', 'conflict'];
/** Before a client asks again that found nobody, ms. */
const RETRY_MS = 150;
/** Within which a cancel is recorded and answered, ms. */
const CANCEL_MS = 200;
/** So long ago must the last trouble be for that to be promised: a host may wait 2 s before it tries again, and reads a journal then. */
const WELL_MS = 4_000;

export class Orders {
  readonly all: Order[] = [];
  readonly #options: OrdersOptions;

  constructor(options: OrdersOptions) {
    this.#options = options;
  }

  /** Orders that are asked, or will be. */
  get open(): readonly Order[] {
    return this.all.filter(({ open, underway }) => open.size + underway > 0);
  }

  /** Perhaps more than once, and perhaps not for long. */
  send(session: string, command: Command): void {
    const dice = this.#options.dice.of(command.id);
    const order: Order = {
      command,
      session,
      patience: dice.between(0, 3),
      underway: 0,
      open: new Set(),
      reply: undefined,
      ackedAtMs: Infinity,
    };
    this.all.push(order);
    this.#deliver(order, dice.between(0, 10));
    if (dice.chance(0.25)) this.#deliver(order, dice.between(0, 1_500));
  }

  /** Until it is carried out, or refused for good. */
  insist(session: string, command: Command): void {
    const order: Order = {
      command,
      session,
      patience: Infinity,
      underway: 0,
      open: new Set(),
      reply: undefined,
      ackedAtMs: Infinity,
    };
    this.all.push(order);
    this.#deliver(order, 0);
  }

  /** The host is gone: whoever waited asks the next one, or never hears. */
  died(life: Life): void {
    for (const order of this.all) {
      const dice = this.#options.dice.of(`${order.command.id} after ${life.name}`);
      const lost = [...order.open].filter((sent) => sent.life === life);
      for (const sent of lost) order.open.delete(sent);
      if (lost.length > 0 && dice.chance(0.85)) this.#deliver(order, dice.between(20, 600));
    }
  }

  /** A cancel that is not answered in time. */
  late(): readonly string[] {
    const { schedule, disk } = this.#options;
    if (!disk.wellFor(WELL_MS)) return [];
    return this.all.flatMap(({ command, open }) =>
      command.type !== 'turn/cancel'
        ? []
        : [...open].flatMap(({ life, sentAtMs }) =>
            life.owner.mood === 'running' && life.readyFor(WELL_MS) && schedule.nowMs - sentAtMs > CANCEL_MS
              ? [`${command.id} is not answered for ${String(schedule.nowMs - sentAtMs)} ms`]
              : [],
          ),
    );
  }

  #deliver(order: Order, delayMs: number): void {
    const { id, type } = order.command;
    order.underway++;
    this.#options.schedule.add({
      delayMs,
      what: `client sends ${id} ${type} to ${order.session.slice(-4)}`,
      run: () => {
        order.underway--;
        const life = this.#options.current();
        if (life?.host === undefined) this.#deliver(order, RETRY_MS);
        else void this.#ask(order, { life, host: life.host });
      },
    });
  }

  async #ask(order: Order, { life, host }: { readonly life: Life; readonly host: Host }): Promise<void> {
    const sent = { life, sentAtMs: this.#options.schedule.nowMs };
    order.open.add(sent);
    try {
      const reply = await (await host.session(order.session)).command(order.command);
      order.open.delete(sent);
      this.#answered(order, reply);
    } catch (error) {
      order.open.delete(sent);
      this.#refused(order, error, sent.sentAtMs);
    }
  }

  #answered(order: Order, reply: CommandReply): void {
    const { findings, disk, schedule } = this.#options;
    const { id } = order.command;
    if (order.reply !== undefined && !isDeepStrictEqual(order.reply, reply))
      findings.add('P1', `${id} was answered ${JSON.stringify(order.reply)}, then ${JSON.stringify(reply)}`);
    order.reply = reply;
    order.ackedAtMs = Math.min(order.ackedAtMs, schedule.nowMs);
    const problem = proofProblem(order.command, reply, disk.journal(order.session));
    if (problem !== undefined)
      findings.add(
        order.command.type === 'turn/cancel' ? 'P10' : 'P1',
        `${id} was acknowledged, but ${problem}`,
      );
  }

  #refused(order: Order, error: unknown, sentAtMs: number): void {
    const { findings, dice } = this.#options;
    const code = codeOf(error);
    const passing = PASSING.includes(code);
    // One that was sent before may have been refused before, and hear of it late.
    if (order.ackedAtMs < sentAtMs && (!passing || code === 'conflict'))
      if (!isTaken(error))
        findings.add('P1', `${order.command.id} was acknowledged, then refused: ${String(error)}`);
    if (code === 'internal') findings.add('P6', `${order.command.id} met a bug: ${String(error)}`);
    if (!passing || order.patience === 0 || (code === 'conflict' && !isTaken(error))) return;
    order.patience--;
    this.#deliver(order, dice.between(100, 3_000));
  }
}

/** Another host has the session: nobody can say here what became of the command. */
function isTaken(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('The session was written by someone else');
}
