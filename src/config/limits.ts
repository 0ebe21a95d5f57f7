// Every number that bounds a host or a session: the default, the range, and why.
import type { HostLimits, SessionLimits } from '../protocol/index.ts';

export interface Limit {
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly unit: string;
  readonly meaning: string;
  /** Why the default and the bounds are what they are. */
  readonly reason: string;
  /** 0 lies below `minimum` and stands for something else. */
  readonly zero?: string;
  readonly env?: string;
  readonly flag?: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1024;
const MIB = 1024 * KIB;

export const HOST_LIMITS = {
  turns: {
    default: 24,
    minimum: 1,
    maximum: 512,
    unit: 'turns',
    meaning: 'Turns at work at once in one host.',
    reason: 'More than any provider serves one key well; each holds a stream and a working set.',
    env: 'CARREL_TURNS',
  },
  requestsPerProvider: {
    default: 6,
    minimum: 1,
    maximum: 256,
    unit: 'requests',
    meaning: 'Requests at once to one provider.',
    reason: 'Common rate limits of a single key allow about this many long requests.',
  },
  toolsAtOnce: {
    default: 64,
    minimum: 1,
    maximum: 4096,
    unit: 'calls',
    meaning: 'Calls of tools at work at once in one host, of all sessions.',
    reason: 'Each may be a process: more of them than this make each other slower on a common machine.',
  },
  toolProcesses: {
    default: 4,
    minimum: 1,
    maximum: 64,
    unit: 'processes',
    meaning:
      'Processes at once for tools of `toolModules`; each runs one call at a time. None while no tool runs.',
    reason: 'Some 60 MiB each while they run; one session never holds the last of them, if there are two.',
  },
  toolMemoryMb: {
    default: 1024,
    minimum: 32,
    maximum: 65_536,
    unit: 'MiB',
    meaning: 'Memory that a call of such a tool may use, buffers included; above it the call fails.',
    reason: 'Holds 100 MiB of JSON as objects; four such calls fit a common machine.',
  },
  waitingTurns: {
    default: 1000,
    minimum: 0,
    maximum: 100_000,
    unit: 'turns',
    meaning:
      'Turns, and requests of one provider, that may wait for a slot; one more is refused as `overloaded`.',
    reason: 'One for every live session by default. 0 refuses whatever cannot start at once.',
  },
  waitMs: {
    default: 10 * MINUTE,
    minimum: SECOND,
    maximum: DAY,
    unit: 'ms',
    meaning: 'How long a turn, a request or a call may wait for a slot.',
    reason: 'Several ordinary turns long; whoever asked is gone or wants to know after that.',
  },
  reservePercent: {
    default: 25,
    minimum: 0,
    maximum: 50,
    unit: '%',
    meaning:
      'Of `turns`, kept for sessions that somebody looks at: from 3 to 10 slots, never more than half.',
    reason: 'Whoever looks at a session waits for it; a batch of others does not. 0 keeps none.',
  },
  agedAfterMs: {
    default: 30 * SECOND,
    minimum: SECOND,
    maximum: DAY,
    unit: 'ms',
    meaning: 'How long a turn that nobody looks at waits before it counts as one that somebody looks at.',
    reason:
      'About an ordinary turn: by then those before it had theirs. It uses half of the reserve at most.',
  },
  liveSessions: {
    default: 1000,
    minimum: 1,
    maximum: 100_000,
    unit: 'sessions',
    meaning: 'Sessions in memory at once; stored ones are without limit.',
    reason: 'About 2 KB each; the least recently used are put to sleep first.',
  },
  asleepAfterMs: {
    default: 10 * MINUTE,
    minimum: SECOND,
    maximum: 7 * DAY,
    unit: 'ms',
    meaning: 'Idle time after which a session is put to sleep. Nobody can tell the difference.',
    reason: 'Longer than a pause for thought; waking costs milliseconds.',
  },
  memoryMb: {
    default: 1024,
    minimum: 64,
    maximum: 1_048_576,
    unit: 'MiB',
    meaning: 'Resident memory of the process above which idle sessions are put to sleep, oldest first.',
    reason:
      'Several times what a busy host with its tools needs; less than the runtime itself is out of reach.',
  },
  sessionMemoryMb: {
    default: 75,
    minimum: 1,
    maximum: 65_536,
    unit: 'MiB',
    meaning:
      'Memory of one session, estimated, above which it is put to sleep as soon as it is idle; a warning comes at two thirds.',
    reason: 'Only a very long conversation with a turn that waits, or many slow viewers, come so far.',
  },
} as const satisfies Record<keyof HostLimits, Limit>;

export const SESSION_LIMITS = {
  maxSteps: {
    default: 50,
    minimum: 1,
    maximum: 1000,
    unit: 'steps',
    meaning: 'Model requests in one turn; then the turn is halted.',
    reason: 'Enough for long work, and an end for a model that goes round in circles.',
    env: 'CARREL_MAX_STEPS',
    flag: '--max-steps',
  },
  modelSilenceMs: {
    default: 2 * MINUTE,
    minimum: SECOND,
    maximum: HOUR,
    unit: 'ms',
    meaning: 'How long a model may make no progress; pings do not count.',
    reason: 'Slow reasoning shows progress sooner; local servers that load a model may need more.',
  },
  toolTimeoutMs: {
    default: 2 * MINUTE,
    minimum: 100,
    maximum: DAY,
    unit: 'ms',
    meaning: 'How long one tool call may run, unless the tool says otherwise.',
    reason: 'Most builds and tests fit; below 100 ms not even a process starts reliably.',
    env: 'CARREL_TOOL_TIMEOUT',
  },
  parallelTools: {
    default: 8,
    minimum: 1,
    maximum: 64,
    unit: 'calls',
    meaning: 'Calls of one session that run at once, where their tools allow it.',
    reason: 'Reading gains little above that, and each may hold a process.',
  },
  queuedInputs: {
    default: 32,
    minimum: 1,
    maximum: 1024,
    unit: 'inputs',
    meaning: 'Inputs that may wait in one session; one more is refused as `limit_reached`.',
    reason: 'More than anyone types ahead; a program that sends faster than turns end should know.',
  },
  approvalMs: {
    default: 7 * DAY,
    minimum: SECOND,
    maximum: 365 * DAY,
    unit: 'ms',
    meaning: 'How long a call waits for a human; then its approval expires.',
    reason: 'A weekend and a holiday; it survives restarts and holds no slot meanwhile.',
  },
  toolOutputBytes: {
    default: 256 * KIB,
    minimum: KIB,
    maximum: 64 * MIB,
    unit: 'bytes',
    meaning: "Bytes of a call's output that are kept.",
    reason: 'Holds the log of a large build; the journal names it instead of holding it.',
  },
  toolContextBytes: {
    default: 16 * KIB,
    minimum: 256,
    maximum: 4 * MIB,
    unit: 'bytes',
    meaning: "Bytes of a call's output that the model sees.",
    reason: 'About 4,000 tokens: fifty such results still fit a common window.',
  },
  contextTokens: {
    default: 0,
    minimum: 1000,
    maximum: 10_000_000,
    unit: 'tokens',
    meaning: 'Tokens of one request; 0 takes what the model says of itself.',
    reason: 'Less than 1,000 does not hold a prompt and its tools.',
    zero: 'what the model says of itself',
  },
  turnTimeoutMs: {
    default: 0,
    minimum: SECOND,
    maximum: 7 * DAY,
    unit: 'ms',
    meaning: 'Wall time of one turn; 0 sets none.',
    reason: 'Steps and silence bound a turn already; a wall clock is for scripts.',
    zero: 'none',
    env: 'CARREL_TURN_TIMEOUT',
    flag: '--timeout',
  },
  childDepth: {
    default: 5,
    minimum: 0,
    maximum: 5,
    unit: 'generations',
    meaning: 'How far below the session at the top a child may be; 0 lets none start.',
    reason:
      'Deeper trees lose their thread; the id of a child is made of those above it, and has room for five.',
  },
  lifetimeMs: {
    default: 0,
    minimum: MINUTE,
    maximum: 3650 * DAY,
    unit: 'ms',
    meaning:
      'Time from its creation, or from being restored, after which a session is archived, once no turn is open; 0 sets none.',
    reason: 'Nothing is put away by age unless somebody says so, and nothing is ever deleted by it.',
    zero: 'none',
  },
  instructionBytes: {
    default: 64 * KIB,
    minimum: KIB,
    maximum: MIB,
    unit: 'bytes',
    meaning: 'Bytes of `AGENTS.md` and the like in one request; the nearest files come first.',
    reason: 'About 16,000 tokens with every request: more than that is a document, not instructions.',
  },
} as const satisfies Record<keyof SessionLimits, Limit>;

export const DEFAULT_HOST_LIMITS: HostLimits = defaultsOf(HOST_LIMITS);
export const DEFAULT_SESSION_LIMITS: SessionLimits = defaultsOf(SESSION_LIMITS);

function defaultsOf<K extends string>(limits: Record<K, Limit>): Record<K, number> {
  const pairs = Object.entries<Limit>(limits).map(([name, limit]) => [name, limit.default]);
  return Object.fromEntries(pairs) as Record<K, number>;
}

/** Those of a turn; how long a session lives and what it is told have nothing to do with them. */
type TurnLimit = Exclude<keyof SessionLimits, 'lifetimeMs' | 'instructionBytes'>;

/**
 * What must fit into what. A smaller bound that cannot be reached within the larger one would promise something that never
 * happens: a tool given two minutes in a turn of one.
 */
export const RELATIONS: readonly {
  smaller: TurnLimit;
  larger: TurnLimit;
  strict: boolean;
  why: string;
}[] = [
  { smaller: 'toolTimeoutMs', larger: 'turnTimeoutMs', strict: true, why: 'a tool ends before its turn' },
  {
    smaller: 'modelSilenceMs',
    larger: 'turnTimeoutMs',
    strict: true,
    why: 'a silent model is noticed before its turn ends',
  },
  {
    smaller: 'toolContextBytes',
    larger: 'toolOutputBytes',
    strict: false,
    why: 'the model sees no more than is kept',
  },
];
