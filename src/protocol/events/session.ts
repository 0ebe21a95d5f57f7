import { z } from 'zod';
import { CallId, CommandId, SessionId, SessionName } from '../ids.ts';
import { BudgetLimits } from '../budget.ts';
import { Profile, ProfileChange } from '../profile.ts';
import { At, Attachment, ErrorShape, Grant, Source } from '../values.ts';

export const Tags = z.record(z.string().min(1).max(64), z.string().max(1024));

export const sessionEvents = {
  'session.created': z.object({
    owner: z.string(),
    name: SessionName,
    folder: z.string(),
    driver: z.enum(['native', 'acp']),
    profile: Profile,
    tags: Tags.optional(),
    /** The session that spawned it, by which call; the one at the top; and how far below that, from 1. */
    parent: SessionId.optional(),
    parentCall: CallId.optional(),
    root: SessionId.optional(),
    depth: z.int().positive().optional(),
    /** Of its parent's budget, part of its profile's. What is not used goes back when its first turn ends. */
    share: BudgetLimits.optional(),
  }),
  'session.renamed': z.object({ name: SessionName.optional(), title: z.string().max(200).optional() }),
  /** The tags that change; an empty value removes its tag. */
  'session.tagged': z.object({ tags: Tags }),
  'session.configured': z.object({ change: ProfileChange }),
  'session.archived': z.object({ by: Source.optional() }),
  'session.restored': z.object({ by: Source.optional() }),
  /** The actor died of `error`; the supervisor restarts it from the journal. */
  'session.crashed': z.object({ error: ErrorShape }),
  /** A new incarnation took the session over while work was open: its open step is interrupted, its started calls are unknown. */
  'session.recovered': z.object({ incarnation: z.int().positive(), policy: z.enum(['continue', 'pause']) }),
  /** The restart budget is used up; nothing runs until `session.revived`. */
  'session.failed': z.object({ error: ErrorShape }),
  'session.revived': z.object({ by: Source.optional() }),
};

export const inputEvents = {
  /** A durable promise to deliver. The command's id names the input from here on. */
  'input.accepted': z.object({
    command: CommandId,
    text: z.string(),
    attachments: z.array(Attachment).optional(),
    source: Source,
    delivery: z.enum(['steer', 'queue']),
    /** A run without history, without tools, or without both. */
    without: z.array(z.enum(['history', 'tools'])).optional(),
  }),
  'input.withdrawn': z.object({ command: CommandId }),
  /** Every queued input waits, after a cancel, until someone sends or continues. */
  'input.held': z.object({ commands: z.array(CommandId) }),
  /** Always in the same append as the `step.started` that contains it. */
  'input.delivered': z.object({ command: CommandId }),
};

export const approvalEvents = {
  'approval.requested': z.object({
    tool: z.string(),
    /** One line for a human: what would happen. */
    summary: z.string(),
    why: z.string(),
    path: z.string().optional(),
    expiresAt: At,
  }),
  'approval.resolved': z.object({
    decision: z.enum(['allow', 'deny']),
    by: Source,
    scope: z.enum(['once', 'session', 'path', 'always']),
    grant: Grant.optional(),
    reason: z.string().max(2000).optional(),
  }),
  'approval.expired': z.object({}),
};
