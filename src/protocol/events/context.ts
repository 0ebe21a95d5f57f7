import { z } from 'zod';
import { CompactionId } from '../ids.ts';
import { ErrorShape, Source, Usage } from '../values.ts';

const Tokens = z.int().nonnegative();

/** What asking for a summary took. */
const spent = {
  /** Left out when nothing was asked. */
  usage: Usage.optional(),
  /** Millionths of a dollar; left out when it is unknown. */
  cost: z.int().nonnegative().optional(),
  /** The request was made, and nobody said what it used. */
  unreported: z.literal(true).optional(),
};

/**
 * Why a compaction came to nothing. `nothing`: there is too little to sum up. `unhelpful`: what must stay is most of it. `empty`,
 * `long`, `control`, `calls`: the summary has no text, replaces less than it costs, has control characters, or calls tools.
 * `model`: the request failed. `budget`: a limit does not allow it. `superseded`: the context was cut meanwhile.
 */
export const CompactionFailure = z.enum([
  'nothing',
  'unhelpful',
  'empty',
  'long',
  'control',
  'calls',
  'model',
  'budget',
  'superseded',
  'cancelled',
  'interrupted',
]);
export type CompactionFailure = z.infer<typeof CompactionFailure>;

export const contextEvents = {
  /** Text for the model, without a turn. A note comes from the system, not from the user. */
  'context.added': z.object({ text: z.string(), role: z.enum(['user', 'note']), source: Source.optional() }),
  /** Messages of events before `before` are no longer sent to the model; they stay in the journal. */
  'context.cut': z.object({ before: z.int().positive(), tokens: Tokens }),
  /** The older part of the context is being summed up by `model`: because it is nearly full, or because someone asked. */
  'compaction.started': z.object({
    compaction: CompactionId,
    trigger: z.enum(['full', 'asked']),
    model: z.string(),
    by: Source.optional(),
  }),
  /** Set aside for the summary's request before it is made; only where a budget counts money or tokens. */
  'compaction.reserved': z.object({
    compaction: CompactionId,
    tokens: Tokens,
    /** Millionths of a dollar; left out when the price is unknown. */
    cost: z.int().nonnegative().optional(),
    /** Of the tokens, what the summary may have at most. */
    output: z.int().positive(),
  }),
  /** Nothing has changed, and messages are cut where they no longer fit. */
  'compaction.failed': z.object({
    compaction: CompactionId,
    reason: CompactionFailure,
    error: ErrorShape,
    ...spent,
  }),
  /** In place of the messages of events before `before` the model is sent `summary`; they stay in the journal. */
  'context.compacted': z.object({
    compaction: CompactionId,
    before: z.int().positive(),
    summary: z.string(),
    /** Of the conversation, by estimate. */
    tokens: z.object({ before: Tokens, after: Tokens, summary: Tokens }),
    ...spent,
  }),
  /** The context is what it was before this compaction, with what came since. */
  'context.uncompacted': z.object({ compaction: CompactionId, by: Source.optional() }),
};
