// What a session's context costs, part by part: the answer of `context/get`.
import { z } from 'zod';
import { CompactionFailure } from './events/context.ts';
import { CallId, SessionId } from './ids.ts';
import { ErrorShape } from './values.ts';

/** A file of instructions that is in force for a turn. */
export const Instruction = z.object({
  /** Its path. */
  from: z.string(),
  text: z.string(),
  /** There is more of it than the bound lets in. */
  cut: z.literal(true).optional(),
});
export type Instruction = z.infer<typeof Instruction>;

export const ContextKind = z.enum([
  'prompt',
  'instructions',
  'tools',
  'summary',
  'user',
  'note',
  'file',
  'value',
  'text',
  'reasoning',
  'call',
  'result',
]);
export type ContextKind = z.infer<typeof ContextKind>;

const Tokens = z.int().nonnegative();

/** One thing that the model may be sent. */
export const ContextPart = z.object({
  kind: ContextKind,
  /** One line: the beginning of a text, or the name of a tool or a file. */
  name: z.string(),
  tokens: Tokens,
  /** The next request carries it. What is not in context stays in the journal. */
  inContext: z.boolean(),
  /** Of the event that it stands at; left out for what is sent with every request. */
  seq: z.int().positive().optional(),
  call: CallId.optional(),
});
export type ContextPart = z.infer<typeof ContextPart>;

const Sum = z.object({ parts: z.int().nonnegative(), tokens: Tokens });

export const ContextReport = z.object({
  session: SessionId,
  /** As of this event. */
  seq: z.int().nonnegative(),
  model: z.string(),
  /** Tokens of one request and its answer; left out when nobody said. */
  window: Tokens.optional(),
  /** Kept of the window for the answer. */
  reserve: Tokens.optional(),
  /** What a request may have: the window without the reserve. */
  budget: Tokens.optional(),
  /** What the next request would have. */
  used: Tokens,
  remaining: z.int().optional(),
  /** By what the estimates are multiplied: what the provider last reported, over what had been estimated for it. */
  correction: z.number().positive(),
  compaction: z.object({
    /** `given-up`: it came to nothing too often to begin by itself. */
    state: z.enum(['on', 'off', 'at-work', 'given-up']),
    /** How many can be undone. */
    undoable: z.int().nonnegative(),
    /** Why the newest came to nothing. */
    failed: z.object({ reason: CompactionFailure, error: ErrorShape }).optional(),
  }),
  /** What is in context, by kind. */
  kinds: z.partialRecord(ContextKind, Sum),
  /** Messages that are in the journal and not in context. */
  left: Sum,
  /** What every request carries, then a page of the messages, oldest first. */
  parts: z.array(ContextPart),
  /** Give it as `before` to read the page before this one. */
  before: z.int().positive().optional(),
});
export type ContextReport = z.infer<typeof ContextReport>;
