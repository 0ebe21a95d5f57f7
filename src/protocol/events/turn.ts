import { z } from 'zod';
import { BudgetLimits, BudgetScope, Measure, Spent } from '../budget.ts';
import { BlobId, PartId, SessionId } from '../ids.ts';
import {
  Access,
  At,
  ErrorShape,
  JsonRecord,
  JsonValue,
  ProviderData,
  Source,
  ToolOutput,
  Usage,
} from '../values.ts';

/** What was in force when a turn began, by digest: the blobs hold the texts. The request is a function of these and the events. */
export const Frame = z.object({
  prompt: BlobId,
  /** Layered instructions of the user and the project, when there are any. */
  instructions: BlobId.optional(),
  /** The tools offered, as JSON. */
  tools: BlobId,
  model: z.string(),
  /** UTC day, `YYYY-MM-DD`. */
  date: z.string(),
});
export type Frame = z.infer<typeof Frame>;

export const Outcome = z.enum(['completed', 'length', 'cancelled', 'failed', 'halted', 'interrupted']);
export type Outcome = z.infer<typeof Outcome>;

/** `unasked`: the request was not made, because a budget does not allow it. */
export const FinishReason = z.enum([
  'stop',
  'calls',
  'length',
  'filter',
  'empty',
  'cancelled',
  'failed',
  'unasked',
]);
export type FinishReason = z.infer<typeof FinishReason>;

export const CallStatus = z.enum(['ok', 'error', 'cancelled', 'denied', 'timeout', 'unknown']);
export type CallStatus = z.infer<typeof CallStatus>;

export const turnEvents = {
  'turn.started': z.object({
    frame: Frame,
    trigger: z.enum(['input', 'continue']),
    without: z.array(z.enum(['history', 'tools'])).optional(),
  }),
  'turn.cancel-requested': z.object({ by: Source, reason: z.string().max(2000).optional() }),
  'turn.finished': z.object({
    outcome: Outcome,
    why: z.string(),
    error: ErrorShape.optional(),
    usage: Usage,
    spent: Spent.optional(),
  }),
};

/** Millionths of a dollar. */
const Cost = z.int().nonnegative();
/** The request was made, and nobody said what it used. */
const unreported = z.literal(true).optional();

export const stepEvents = {
  /** `number` counts from 1 in its turn. */
  'step.started': z.object({ number: z.int().positive() }),
  /** Set aside for the attempt's request before it is made; only where a budget counts money or tokens. */
  'step.reserved': z.object({
    attempt: z.int().positive(),
    tokens: z.int().nonnegative(),
    /** Millionths of a dollar; left out when the price is unknown. */
    cost: Cost.optional(),
    /** Of the tokens, what the answer may have at most. */
    output: z.int().positive(),
    /** The limit that makes `output` smaller than it would be. */
    limitedBy: z.object({ scope: BudgetScope, measure: Measure }).optional(),
  }),
  /** What the step showed so far does not count any more: it begins again at `until`. */
  'step.retried': z.object({
    attempt: z.int().positive(),
    until: At,
    error: ErrorShape,
    shown: z.boolean(),
    unreported,
  }),
  'step.adjusted': z.object({ parameter: z.string(), from: JsonValue, to: JsonValue, why: z.string() }),
  'step.finished': z.object({
    reason: FinishReason,
    usage: Usage,
    /** Millionths of a dollar; left out when it is unknown. */
    cost: Cost.optional(),
    unreported,
    /** Tokens of input that the request was estimated to have: with what was reported, the next estimates are corrected. */
    estimate: z.int().positive().optional(),
    /** From the request to the first part of the answer. */
    firstMs: z.int().nonnegative().optional(),
  }),
};

const wholeText = z.object({
  part: PartId,
  text: z.string(),
  interrupted: z.boolean().optional(),
  provider: ProviderData.optional(),
});

export const messageEvents = { 'text.ended': wholeText, 'reasoning.ended': wholeText };

export const toolEvents = {
  'tool.requested': z.object({
    tool: z.string(),
    args: JsonRecord,
    access: Access.optional(),
    idempotent: z.boolean(),
    parallel: z.boolean(),
    /** The call starts a child session instead of running here. */
    spawns: z.boolean().optional(),
    /** Of a child's budget, what the call asks for. */
    wants: BudgetLimits.optional(),
    provider: ProviderData.optional(),
    /** Set when the call cannot run: an unknown tool, arguments that are not JSON or fail the schema. `raw` is what came. */
    invalid: ErrorShape.optional(),
    raw: z.string().optional(),
  }),
  /** The intent: synced before the tool starts. */
  'tool.started': z.object({ incarnation: z.int().positive() }),
  'tool.finished': z.object({
    status: CallStatus,
    output: ToolOutput,
    error: ErrorShape.extend({ retryable: z.boolean() }).optional(),
    tookMs: z.int().nonnegative().optional(),
  }),
};

export const childEvents = {
  /** Before the `tool.started` of its call, in the same append: the child's id is known here before the child exists. */
  'child.started': z.object({
    child: SessionId,
    depth: z.int().positive(),
    /** Of what is left of the subtree's budget, where that is limited: the child's own, reserved until it ends. */
    share: BudgetLimits.optional(),
  }),
  /** Whether nothing below this call moves until a human answers; `questions` counts how often that was so. */
  'child.changed': z.object({ child: SessionId, waiting: z.boolean(), questions: z.int().nonnegative() }),
  /** Before the `tool.finished` of its call, in the same append. `usage` and `spent` are of the child and of all below it; without
   * `spent` nobody knows it, and its share stays reserved. */
  'child.finished': z.object({
    child: SessionId,
    outcome: Outcome,
    usage: Usage,
    spent: Spent.optional(),
  }),
};
