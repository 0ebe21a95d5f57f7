// Control state: what decides what may happen next. Bounded, plain data, no texts: messages are a projection of the journal.
import type {
  BudgetLimits,
  BudgetLine,
  BudgetScope,
  ErrorInfo,
  Frame,
  Grant,
  Measure,
  Outcome,
  Profile,
  Reserved,
  Source,
  Spent,
  Usage,
} from '../protocol/index.ts';
import { NO_USAGE, NOTHING_SPENT } from '../protocol/index.ts';

/** Raised whenever `evolve` gives another state for the same events; older snapshots are dropped then. */
export const STATE_VERSION = 8;

export interface QueuedInput {
  readonly command: string;
  readonly delivery: 'steer' | 'queue';
  readonly held: boolean;
  readonly without?: readonly ('history' | 'tools')[] | undefined;
}

/**
 * `requested`: not judged, or judged when its turn comes. `waiting`: a human is asked. `allowed`: may start.
 * `started`: the intent is in the journal. `ended`: `outcome` says how.
 */
export interface CallState {
  readonly id: string;
  readonly tool: string;
  /** Where its arguments stand in the journal. */
  readonly seq: number;
  readonly status: 'requested' | 'waiting' | 'allowed' | 'started' | 'ended';
  readonly outcome?: 'ok' | 'error' | 'cancelled' | 'denied' | 'timeout' | 'unknown';
  readonly idempotent: boolean;
  readonly parallel: boolean;
  /** It starts a child session instead of running here. */
  readonly spawns?: boolean;
  /** Of the subtree's budget, what it asks for. */
  readonly wants?: BudgetLimits;
  /** The child, from its start on. A call with a child is never `unknown`: the child's own journal says what became of it. */
  readonly child?: string;
  /** Nothing below moves until a human answers. */
  readonly childWaits?: boolean;
  /** How often that was so. */
  readonly childQuestions?: number;
  /** Reserved for the child until it ends. */
  readonly share?: BudgetLimits;
  readonly invalid?: ErrorInfo;
  /** Of its `tool.started`. */
  readonly incarnation?: number;
  readonly expiresAt?: number;
  /** Where the question stands in the journal. */
  readonly askedSeq?: number;
  /** What an allowance of scope `path` would cover. */
  readonly grantPath?: string;
}

/** `asking`: a model request is open, or due at `retryAt`. `interrupted`: its incarnation ended. `calls`: the answer is whole. */
export interface StepState {
  readonly id: string;
  readonly phase: 'asking' | 'interrupted' | 'calls';
  readonly attempt: number;
  readonly retryAt?: number;
  /** For the request of this attempt. */
  readonly reserved?: Reserved & { readonly output: number };
  /** The limit that makes the answer shorter than it could be. */
  readonly limitedBy?: { readonly scope: BudgetScope; readonly measure: Measure };
  readonly calls: readonly CallState[];
  /** A compaction was begun for it: there is no second. */
  readonly compacted?: true;
}

/** The older part of the context is being summed up. */
export interface CompactionState {
  readonly id: string;
  readonly trigger: 'full' | 'asked';
  readonly model: string;
  /** For its request. */
  readonly reserved?: Reserved & { readonly output: number };
}

export interface TurnState {
  readonly id: string;
  readonly startedAt: number;
  readonly frame: Frame;
  readonly without?: readonly ('history' | 'tools')[] | undefined;
  readonly steps: number;
  readonly usage: Usage;
  readonly spent: Spent;
  readonly cancelled: boolean;
  readonly cancelReason?: string;
  /** How often it was interrupted, continued at the output limit, and answered with nothing. */
  readonly recoveries: number;
  /** Interrupted and not to be continued: it ends once its children have. */
  readonly ending?: 'pause' | 'give-up';
  readonly lengths: number;
  readonly empties: number;
  readonly step: StepState | undefined;
}

export interface SessionState {
  readonly session: string;
  readonly seq: number;
  readonly owner: string;
  readonly name: string;
  readonly title?: string;
  readonly folder: string;
  readonly driver: 'native' | 'acp';
  readonly profile: Profile;
  readonly parent?: string;
  readonly parentCall?: string;
  readonly root?: string;
  /** How far below the session at the top; 0 there. */
  readonly depth: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly archived: boolean;
  /** Its lifetime counts from here, when it was archived in between. */
  readonly restoredAt?: number;
  /** Since when it is marked to run on start. */
  readonly runOnStartAt?: number;
  readonly failed?: ErrorInfo;
  /** Of the last recovery or intent: a `tool.started` of another one never yields a run. */
  readonly incarnation: number;
  readonly inputs: readonly QueuedInput[];
  readonly turn: TurnState | undefined;
  readonly turns: number;
  readonly messages: number;
  readonly usage: Usage;
  readonly spent: Spent;
  /** Of children that have ended, and of all below them. */
  readonly below: Spent;
  /** Of the parent's budget, until the first turn ends. */
  readonly share?: BudgetLimits;
  /** The limit that stopped the last turn, or kept the next from starting. */
  readonly reached?: BudgetLine;
  /** Permissions given for this session, newest last. */
  readonly grants: readonly Grant[];
  /** Events before this one are no longer sent to the model. */
  readonly cutBefore: number;
  readonly compaction?: CompactionState;
  /** Those that can be undone, newest last. */
  readonly compacted: readonly { readonly id: string; readonly cutBefore: number }[];
  /** Compactions in a row that began by themselves and came to nothing. */
  readonly futile: number;
  /** The newest was undone: the next waits until nothing else helps. */
  readonly undone?: true;
  /** How often a human was asked, here or below. */
  readonly questions: number;
  readonly lastOutcome?: Outcome;
  readonly lastError?: ErrorInfo;
}

/** Times one turn is taken up again after an interruption. */
export const MAX_RECOVERIES = 3;

/** Compactions that can be undone; of older ones only the messages are left, in the journal. */
export const MAX_COMPACTED = 16;

/** Saved permissions of one session; the oldest goes when there are more. */
export const MAX_GRANTS = 256;

/** The state before `session.created`; every field that matters is set by it. */
export function emptyState(session: string): SessionState {
  return {
    session,
    seq: 0,
    owner: '',
    name: '',
    folder: '',
    driver: 'native',
    profile: NO_PROFILE,
    tags: {},
    createdAt: 0,
    updatedAt: 0,
    depth: 0,
    archived: false,
    incarnation: 0,
    inputs: [],
    turn: undefined,
    turns: 0,
    messages: 0,
    usage: NO_USAGE,
    spent: NOTHING_SPENT,
    below: NOTHING_SPENT,
    grants: [],
    cutBefore: 0,
    compacted: [],
    futile: 0,
    questions: 0,
  };
}

const NO_PROFILE: Profile = {
  name: 'none',
  prompt: '',
  model: '',
  tools: [],
  mode: 'read',
  recovery: 'pause',
  continueOnLength: false,
  haltOnDenied: false,
  deny: { tools: [], paths: [] },
  limits: {
    maxSteps: 1,
    modelSilenceMs: 1,
    toolTimeoutMs: 1,
    parallelTools: 1,
    queuedInputs: 1,
    approvalMs: 1,
    toolOutputBytes: 1,
    toolContextBytes: 1,
    contextTokens: 0,
    turnTimeoutMs: 0,
    childDepth: 0,
  },
};

/** Who acts when nobody is named: the runtime itself. */
export const RUNTIME: Source = { kind: 'program', name: 'carrel' };
