// Everything that is going to be done to the hosts, chosen from the seed before anything runs. Each action has a number, so that a run can be
// repeated with some of them left out.
import { Dice } from './dice.ts';
import type { Temper } from './script.ts';

export interface SessionPlan {
  readonly key: string;
  readonly temper: Temper;
  readonly mode: 'ask' | 'full';
  readonly recovery: 'continue' | 'pause';
  readonly turnTimeoutMs: number;
}

interface Planned<K extends string> {
  readonly number: number;
  readonly atMs: number;
  readonly kind: K;
}

/** `session` is an index of the plan's sessions. */
export type ClientAction = Planned<ClientKind> & { readonly session: number };
export type FaultAction = Planned<FaultKind>;
export type Action = ClientAction | FaultAction;

/** How often a client does what, and what goes wrong how often. */
const CLIENT_WEIGHTS = {
  send: 12,
  steer: 4,
  cancel: 6,
  approve: 6,
  deny: 2,
  withdraw: 2,
  continue: 3,
  context: 1,
  rename: 1,
  configure: 1,
  archive: 1,
  restore: 2,
  revive: 1,
  follow: 6,
  leave: 3,
  burst: 0.1,
} as const;

const FAULT_WEIGHTS = {
  /** The process is gone; or at its next write, before or after that took effect. */
  die: 3,
  'die-before': 4,
  'die-after': 4,
  close: 2,
  /** The process hangs while another takes its place, comes back, and is killed a little later. */
  stall: 2,
  'refuse-writes': 2,
  'refuse-all': 1,
  slow: 2,
  unanswered: 3,
  /** The wall clock jumps. */
  jump: 1,
} as const;

export type ClientKind = keyof typeof CLIENT_WEIGHTS | 'create';
export type FaultKind = keyof typeof FAULT_WEIGHTS;

export interface Plan {
  readonly seed: number;
  readonly sessions: readonly SessionPlan[];
  readonly actions: readonly Action[];
  /** When the last action is due, virtual ms. After it nothing goes wrong any more. */
  readonly endMs: number;
  readonly recover: 'all' | 'lazy';
  readonly limits: {
    readonly turns: number;
    readonly requestsPerProvider: number;
    readonly waitingTurns: number;
    readonly waitMs: number;
    readonly liveSessions: number;
    readonly asleepAfterMs: number;
  };
}

/** Actions of `only` and no others, when it is given. */
export function planOf(seed: number, only?: ReadonlySet<number>): Plan {
  const dice = new Dice(`plan ${String(seed)}`);
  const sessions = Array.from({ length: dice.between(2, 6) }, (_, n) => sessionPlan(n, dice));
  const endMs = dice.between(4_000, 20_000);
  const creates = sessions.map((_, session) => ({
    kind: 'create' as const,
    session,
    atMs: session === 0 ? 0 : dice.between(0, endMs / 3),
  }));
  const clients = Array.from({ length: dice.between(10, 70) }, () => ({
    kind: dice.weighted(CLIENT_WEIGHTS),
    session: dice.between(0, sessions.length - 1),
    atMs: dice.between(50, endMs),
  }));
  // Some runs have no faults at all: what is promised must hold in peace, too.
  const faults = Array.from({ length: dice.chance(0.1) ? 0 : dice.between(1, 9) }, () => ({
    kind: dice.weighted(FAULT_WEIGHTS),
    atMs: dice.between(100, endMs),
  }));
  const actions = [...creates, ...clients, ...faults].map((action, number) => ({ number, ...action }));
  return {
    seed,
    sessions,
    actions: only === undefined ? actions : actions.filter(({ number }) => only.has(number)),
    endMs,
    recover: dice.chance(0.7) ? 'all' : 'lazy',
    limits: limitsOf(dice, sessions.length),
  };
}

function sessionPlan(n: number, dice: Dice): SessionPlan {
  return {
    key: `s${String(n)}`,
    temper: dice.weighted({ good: 3, mixed: 5, hostile: 2 }),
    mode: dice.chance(0.3) ? 'ask' : 'full',
    recovery: dice.chance(0.8) ? 'continue' : 'pause',
    turnTimeoutMs: dice.chance(0.2) ? dice.between(1_000, 10_000) : 0,
  };
}

function limitsOf(dice: Dice, sessions: number): Plan['limits'] {
  return {
    turns: dice.between(1, 6),
    requestsPerProvider: dice.between(1, 6),
    waitingTurns: dice.pick([1, 2, 20]),
    waitMs: dice.pick([2_000, 10_000, 600_000]),
    liveSessions: dice.between(2, sessions + 2),
    asleepAfterMs: dice.pick([1_000, 5_000, 600_000]),
  };
}

export function shownAction(action: Action): string {
  const whom = 'session' in action ? ` s${String(action.session)}` : '';
  return `${String(action.number)}: ${action.kind}${whom} at ${String(action.atMs)} ms`;
}
