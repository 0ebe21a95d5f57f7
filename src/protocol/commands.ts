// Every request to change a session that a client may send. Results of effects reach the core as commands too, but those
// never cross a process and live in `session/`.
import { z } from 'zod';
import { BudgetScope, Measure } from './budget.ts';
import { CallId, CommandId, SessionId, SessionName, TurnId } from './ids.ts';
import { Tags } from './events/session.ts';
import { ProfileChange } from './profile.ts';
import { Attachment, Scope, Source } from './values.ts';

/** Bytes of one input's text (UTF-8). Above it a file is the better carrier. */
export const MAX_INPUT_BYTES = 10 * 1024 * 1024;

export const COMMANDS = {
  'input/send': z.strictObject({
    text: z.string(),
    attachments: z.array(Attachment).max(32).optional(),
    source: Source,
    /** `steer`: before the next step of a running turn. `queue`: after the turn. */
    delivery: z.enum(['steer', 'queue']),
    without: z.array(z.enum(['history', 'tools'])).optional(),
  }),
  'input/withdraw': z.strictObject({ command: CommandId }),
  'turn/cancel': z.strictObject({
    by: Source,
    reason: z.string().max(2000).optional(),
    /** Only this one: a cancel that comes late does not hit the turn after it. Left out, whichever is open. */
    turn: TurnId.optional(),
  }),
  'turn/continue': z.strictObject({ by: Source }),
  'approval/resolve': z.strictObject({
    /** May be left out when exactly one call waits: send `seq` then. */
    call: CallId.optional(),
    /** The newest event that the sender has seen: without a call, a question that came later is not answered (`conflict`). */
    seq: z.int().nonnegative().optional(),
    decision: z.enum(['allow', 'deny']),
    scope: Scope,
    reason: z.string().max(2000).optional(),
    by: Source,
  }),
  'context/add': z.strictObject({
    text: z.string().min(1),
    role: z.enum(['user', 'note']),
    source: Source.optional(),
  }),
  /** Sums up the older part of the context now, however full it is. Events say what comes of it. */
  'context/compact': z.strictObject({ by: Source.optional() }),
  /** Stops a compaction that is at work, or undoes the newest. */
  'context/uncompact': z.strictObject({ by: Source.optional() }),
  /** Raises a limit that there is, to a higher one; it starts nothing. */
  'budget/raise': z.strictObject({
    scope: BudgetScope,
    measure: Measure,
    to: z.number().positive(),
    by: Source,
  }),
  'session/rename': z.strictObject({ name: SessionName.optional(), title: z.string().max(200).optional() }),
  'session/tag': z.strictObject({ tags: Tags }),
  'session/configure': z.strictObject({ change: ProfileChange }),
  'session/archive': z.strictObject({ by: Source.optional() }),
  'session/restore': z.strictObject({ by: Source.optional() }),
  'session/revive': z.strictObject({ by: Source.optional() }),
} as const;

export type CommandType = keyof typeof COMMANDS;

/** A command with its own id: the same id and body again give the stored reply, never a second effect. */
export type CommandOf<T extends CommandType> = {
  readonly [K in T]: { readonly type: K; readonly id: string } & z.infer<(typeof COMMANDS)[K]>;
}[T];

export type Command = CommandOf<CommandType>;

/** What every command answers once its events are synced. `seq` is the journal's head then. */
export const CommandReply = z.object({
  session: SessionId,
  seq: z.int().nonnegative(),
  /** The turn that the command started, joined, or asked to cancel. */
  turn: TurnId.optional(),
  /** The call that an approval answered. */
  call: CallId.optional(),
});
export type CommandReply = z.infer<typeof CommandReply>;
