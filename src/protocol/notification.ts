// What a receiver of notifications is told, whatever carries it.
import { z } from 'zod';
import { CallId, SessionId } from './ids.ts';
import { At } from './values.ts';

/** `waiting`: a human is asked; `finished`, `failed`: a turn of a session that nobody spawned ended; `budget`: a limit was reached. */
export const NotificationKind = z.enum(['waiting', 'finished', 'failed', 'budget']);
export type NotificationKind = z.infer<typeof NotificationKind>;

/** Nothing of what was said is in it: names, and why. */
export const Notification = z.object({
  /** The same however often it is sent: whoever has seen it may leave it. */
  id: z.string(),
  kind: NotificationKind,
  /** When it happened. */
  at: At,
  session: SessionId,
  /** Of the event that it is about. */
  seq: z.int().positive(),
  name: z.string(),
  title: z.string().optional(),
  folder: z.string(),
  /** Of a call that waits. */
  call: CallId.optional(),
  tool: z.string().optional(),
  /** How the turn ended. */
  outcome: z.string().optional(),
  /** One line for a human. */
  why: z.string(),
});
export type Notification = z.infer<typeof Notification>;
