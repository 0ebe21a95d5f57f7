import { z } from 'zod';
import { BudgetLine, Spending } from './budget.ts';
import { SessionId } from './ids.ts';
import { Tags } from './events/session.ts';
import { At, ErrorShape, Usage } from './values.ts';

export const Status = z.enum(['idle', 'running', 'waiting', 'paused', 'failed', 'archived']);
export type Status = z.infer<typeof Status>;

/** One row of a list: a projection of the journal up to `seq`, rebuilt from it at any time. */
export const SessionSummary = z.object({
  session: SessionId,
  owner: z.string(),
  name: z.string(),
  title: z.string().optional(),
  folder: z.string(),
  status: Status,
  profile: z.string(),
  model: z.string(),
  mode: z.string(),
  /** Of a child: who spawned it, and the session at the top. */
  parent: SessionId.optional(),
  root: SessionId.optional(),
  depth: z.int().positive().optional(),
  tags: Tags,
  createdAt: At,
  updatedAt: At,
  seq: z.int().nonnegative(),
  turns: z.int().nonnegative(),
  messages: z.int().nonnegative(),
  queued: z.int().nonnegative(),
  held: z.int().nonnegative(),
  /** While it waits for a human: how often it asked so far, its children included. */
  questions: z.int().positive().optional(),
  /** Calls that wait for a human. */
  waiting: z.int().nonnegative(),
  usage: Usage,
  /** Left out in rows of a version that did not count it. */
  spending: Spending.optional(),
  /** Of the children that have ended, and of all below them. */
  spendingBelow: Spending.optional(),
  /** Every limit of money, tokens, steps and time, where there are any. */
  budget: z.array(BudgetLine).optional(),
  /** The one that stopped it. */
  reached: BudgetLine.optional(),
  /** To be taken up when a host starts: a turn is open, or the session is marked to run on start. */
  open: z.boolean(),
  /** Its turn waits for a slot, with this place among those that do, from 1. Only from a host that runs it: no store keeps it. */
  position: z.int().positive().optional(),
  /** Since when it is marked. */
  runOnStartAt: At.optional(),
  /** When something is due without a command: an approval's expiry, a retry, the end of its lifetime. */
  wakeAt: At.optional(),
  /** Why the last turn ended, when it did not complete. */
  lastOutcome: z.string().optional(),
  error: ErrorShape.optional(),
});
export type SessionSummary = z.infer<typeof SessionSummary>;
