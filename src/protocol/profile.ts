import { z } from 'zod';
import { Budget } from './budget.ts';
import { SessionName } from './ids.ts';
import { Mode } from './values.ts';

/** The bounds of one session's turns. Each has a default and a range in the table of settings. */
export const SessionLimits = z.object({
  maxSteps: z.int().positive(),
  /** How long a model may be silent, measured on progress. */
  modelSilenceMs: z.int().positive(),
  toolTimeoutMs: z.int().positive(),
  parallelTools: z.int().positive(),
  queuedInputs: z.int().positive(),
  approvalMs: z.int().positive(),
  /** Bytes of a tool's output that are kept, and that the model sees. */
  toolOutputBytes: z.int().positive(),
  toolContextBytes: z.int().positive(),
  /** Tokens of a request: window minus reserve for the answer; 0 means what the model says of itself. */
  contextTokens: z.int().nonnegative(),
  /** Wall time of one turn; 0 means none. */
  turnTimeoutMs: z.int().nonnegative(),
  /** Generations of children below the session at the top. */
  childDepth: z.int().nonnegative(),
  /** From creation, or from being restored, until it is archived; 0 means for ever, as in journals without it. */
  lifetimeMs: z.int().nonnegative().optional(),
  /** Bytes of instructions in one request; left out, as in journals without it, the default. */
  instructionBytes: z.int().positive().optional(),
});
export type SessionLimits = z.infer<typeof SessionLimits>;

/** A named agent setup, fully resolved. It is copied into the session, so that a later change of a file changes no running session. */
export const Profile = z.object({
  name: SessionName,
  prompt: z.string(),
  /** `provider/model`. */
  model: z.string(),
  tools: z.array(z.string()).max(256),
  mode: Mode,
  /** After a crash: go on with the turn, or wait for someone. */
  recovery: z.enum(['continue', 'pause']),
  /** Its sessions are taken up as soon as a host starts that takes up any, in the order in which they were marked so. */
  runOnStart: z.boolean().optional(),
  /** Continue an answer that the output limit cut (at most 3 times a turn). */
  continueOnLength: z.boolean(),
  /** Offer the instructions of the user and the project (`AGENTS.md` and the like); left out, as in journals without them, not. */
  instructions: z.boolean().optional(),
  /** Sum up the older part of a conversation when it is nearly full, instead of leaving it out; left out, as in journals without it, not. */
  compaction: z.boolean().optional(),
  /** `provider/model` of the summaries; its own model when left out. */
  summaryModel: z.string().optional(),
  /** A denied call halts the batch. */
  haltOnDenied: z.boolean(),
  /** Paths (globs in the session's folder) and tools that are denied whatever the mode. */
  deny: z.object({ tools: z.array(z.string()), paths: z.array(z.string()) }),
  limits: SessionLimits,
  budget: Budget.optional(),
  temperature: z.number().min(0).max(2).optional(),
  maxOutputTokens: z.int().positive().optional(),
  reasoning: z.enum(['none', 'low', 'medium', 'high']).optional(),
  /** The session's requests are made with what it was handed, and never with a key of the host. */
  credentials: z.literal('session').optional(),
});
export type Profile = z.infer<typeof Profile>;

/** What may be changed on a living session. */
export const ProfileChange = Profile.pick({
  model: true,
  mode: true,
  tools: true,
  recovery: true,
  runOnStart: true,
  prompt: true,
  compaction: true,
  summaryModel: true,
}).partial();
export type ProfileChange = z.infer<typeof ProfileChange>;
