// What reaches the core: the commands of clients, and what became of its effects. Answers are values.
import type { Json, JsonObject } from '../../base/index.ts';
import type {
  BudgetLimits,
  Command,
  CommandReply,
  ErrorInfo,
  EventData,
  FinishReason,
  Frame,
  Outcome,
  Profile,
  ProviderData,
  SessionEvent,
  Source,
  Spent,
  ToolOutput,
  CallStatus,
  Usage,
} from '../../protocol/index.ts';
import type { Estimate } from '../limits.ts';
import type { SessionState } from '../state.ts';

/** The whole text of a part, as far as it came. */
export interface PartText {
  readonly kind: 'text' | 'reasoning';
  readonly part: string;
  readonly text: string;
  readonly provider?: ProviderData;
}

/** A permission verdict for one call. */
export interface Judgement {
  readonly kind: 'allow' | 'ask' | 'deny';
  readonly why: string;
  readonly summary: string;
  readonly grantPath?: string;
}

/** A call as the model asked for it, with what its tool says of itself; `judgement` may come at once or later. */
export interface RequestedCall {
  readonly tool: string;
  readonly args: JsonObject;
  readonly raw?: string;
  readonly access?: 'read' | 'write' | 'execute';
  readonly idempotent: boolean;
  readonly parallel: boolean;
  readonly spawns?: boolean;
  readonly wants?: BudgetLimits;
  readonly provider?: ProviderData;
  readonly invalid?: ErrorInfo;
  readonly judgement?: Judgement;
}

/** Where a child comes from. */
export interface Lineage {
  readonly parent: string;
  readonly parentCall: string;
  readonly root: string;
  readonly depth: number;
  /** Of the parent's budget; the profile holds it already. */
  readonly share?: BudgetLimits;
}

export interface CreateCommand {
  readonly type: 'session/create';
  readonly owner: string;
  readonly name: string;
  readonly folder: string;
  readonly profile: Profile;
  readonly tags?: Readonly<Record<string, string>>;
  readonly title?: string;
  /** Of a child. */
  readonly lineage?: Lineage;
}

/** What became of an effect. `step` and `attempt`, or `call`, name it; an answer that nobody waits for any more is refused. */
export type EffectCommand =
  | {
      readonly type: 'step/answered';
      readonly step: string;
      readonly attempt: number;
      readonly parts: readonly PartText[];
      readonly calls: readonly RequestedCall[];
      readonly reason: FinishReason & ('stop' | 'calls' | 'length' | 'filter');
      readonly usage: Usage;
      /** Millionths of a dollar, when the price is known. */
      readonly cost?: number;
      readonly firstMs?: number;
      /** Of its input, tokens. */
      readonly estimate?: number;
      readonly adjusted?: readonly { parameter: string; from: Json; to: Json; why: string }[];
    }
  | {
      readonly type: 'step/failed';
      readonly step: string;
      readonly attempt: number;
      readonly parts: readonly PartText[];
      readonly error: ErrorInfo;
      /** Set when it may be tried again: how long to wait, with backoff, jitter and the provider's word in it. */
      readonly retryInMs?: number;
      /** The request was made, and nobody said what it used. */
      readonly unreported?: true;
    }
  /** What the request of an attempt may use at most, before it is made. `step.reserved` answers, or the step ends unasked. */
  | ({ readonly type: 'step/estimated'; readonly step: string; readonly attempt: number } & Estimate)
  | { readonly type: 'call/judged'; readonly call: string; readonly judgement: Judgement }
  | {
      readonly type: 'call/finished';
      readonly call: string;
      readonly status: CallStatus;
      readonly output: ToolOutput;
      readonly error?: EventData<'tool.finished'>['error'];
      readonly tookMs?: number;
    }
  | {
      readonly type: 'child/changed';
      readonly call: string;
      readonly waiting: boolean;
      readonly questions: number;
    }
  /** The child's turn has ended, or there will be none. */
  | {
      readonly type: 'child/finished';
      readonly call: string;
      readonly outcome: Outcome;
      readonly usage: Usage;
      /** Left out when nobody knows. */
      readonly spent?: Spent;
      readonly status: CallStatus;
      readonly output: ToolOutput;
      readonly error?: EventData<'tool.finished'>['error'];
    }
  | { readonly type: 'timer/fired'; readonly key: string }
  | { readonly type: 'context/cut'; readonly before: number; readonly tokens: number }
  /** The request of an attempt would fill the context. */
  | { readonly type: 'context/full'; readonly step: string; readonly attempt: number }
  /** What the request of a summary may use at most, before it is made. `compaction.reserved` answers, or the compaction ends. */
  | ({ readonly type: 'compaction/estimated'; readonly compaction: string } & Estimate)
  | ({ readonly type: 'compaction/answered' } & EventData<'context.compacted'>)
  | ({ readonly type: 'compaction/failed' } & EventData<'compaction.failed'>)
  | {
      readonly type: 'session/recover';
      readonly incarnation: number;
      readonly tail: readonly (PartText & { step: string })[];
    }
  | { readonly type: 'session/crash'; readonly error: ErrorInfo }
  | { readonly type: 'session/fail'; readonly error: ErrorInfo };

export type AnyCommand = Command | CreateCommand | EffectCommand;

/** What the core may know of the world, handed in with each command. */
export interface Facts {
  /** Integer ms UTC. */
  readonly at: number;
  /** Of the claim under which this is written. */
  readonly incarnation: number;
  /** In force for a turn that starts now. */
  readonly frame: Frame;
}

export interface Refusal {
  readonly refusal: ErrorInfo;
}

export interface Decided {
  readonly events: readonly SessionEvent[];
  readonly state: SessionState;
  readonly reply: CommandReply;
}

/** By whom something is done that nobody asked for. */
export type Actor = Source;
