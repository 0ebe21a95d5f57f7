// Every call that a client may make of a host, near or far, declared once: the handlers' types, the client's types, validation,
// scopes and the reference come from this table. How a call travels is the transport's affair.
import { z } from 'zod';
import { Budget } from './budget.ts';
import { CommandReply, COMMANDS } from './commands.ts';
import { ContextReport } from './context.ts';
import { EQUIPMENT_METHODS } from './equipment.ts';
import {
  ConsumerAcked,
  ConsumerCreate,
  ConsumerNamed,
  ConsumerPage,
  ConsumerRead,
  ConsumerRow,
} from './consumers.ts';
import { SessionEvent } from './events/index.ts';
import { Tags } from './events/session.ts';
import { Cursor } from './frames.ts';
import { CallId, CommandId, PartId, SessionId, SessionName } from './ids.ts';
import { ProfileChange } from './profile.ts';
import { SessionSummary, Status } from './summary.ts';
import { At } from './values.ts';

/** What a token permits. Each is asked for by name: `admin` alone does not let anyone send. */
export const TokenScope = z.enum(['observe', 'prompt', 'approve', 'admin']);
export type TokenScope = z.infer<typeof TokenScope>;

/** Rows of one page of a list, at most. */
const MAX_PAGE = 1_000;

/** A change of a session: the command's own members, its session, and an id under which it may be repeated. */
function command<S extends z.core.$ZodLooseShape>(body: z.ZodObject<S, z.core.$strict>, scope: TokenScope) {
  return {
    scope,
    params: body.extend({ session: SessionId, id: CommandId.optional() }),
    result: CommandReply,
  };
}

const one = z.strictObject({ session: SessionId });

const Create = z.strictObject({
  /** Absolute, on the host's machine. */
  folder: z.string().min(1),
  profile: SessionName.optional(),
  change: ProfileChange.extend({
    maxSteps: z.int().positive().optional(),
    turnTimeoutMs: z.int().nonnegative().optional(),
    budget: Budget.optional(),
    credentials: z.literal('session').optional(),
  })
    .strict()
    .optional(),
  name: SessionName.optional(),
  title: z.string().max(200).optional(),
  tags: Tags.optional(),
  /** The same key gives the same session, however often it is asked. */
  key: z.string().min(1).max(128).optional(),
});

const List = z.strictObject({
  folder: z.string().optional(),
  name: z.string().optional(),
  status: z.array(Status).optional(),
  parent: SessionId.optional(),
  /** All of these, each with this value. */
  tags: Tags.optional(),
  /** Part of a name or title, whatever its case. */
  text: z.string().max(200).optional(),
  limit: z.int().positive().max(MAX_PAGE),
  /** From the page before. */
  after: z.string().optional(),
});

/** A page of a list; `hidden` says how many rows the filter leaves out. */
export const SessionPage = z.object({
  sessions: z.array(SessionSummary).readonly(),
  next: z.string().optional(),
  hidden: z.int().nonnegative(),
});
export type SessionPage = z.infer<typeof SessionPage>;

/** One thing that waits for a human. */
export const InboxItem = z.object({
  session: SessionId,
  name: z.string(),
  folder: z.string(),
  /** Of a child: the sessions above it, from the one at the top to its parent. */
  lineage: z.array(z.object({ session: SessionId, name: z.string() })).readonly(),
  call: CallId,
  tool: z.string(),
  summary: z.string(),
  why: z.string(),
  requestedAt: At,
  expiresAt: At,
});
export type InboxItem = z.infer<typeof InboxItem>;

/** From where to follow: a cursor, or behind an event with what was seen of the parts that were open then. */
export const FollowFrom = z.strictObject({
  cursor: Cursor.optional(),
  after: z.int().nonnegative().optional(),
  parts: z.record(PartId, z.int().nonnegative()).optional(),
});
export type FollowFrom = z.infer<typeof FollowFrom>;

export const METHODS = {
  'session/create': { scope: 'prompt', params: Create, result: SessionSummary },
  'session/list': { scope: 'observe', params: List, result: SessionPage },
  /** As of the last durable event. */
  'session/get': { scope: 'observe', params: one, result: SessionSummary },
  'session/children': { scope: 'observe', params: one, result: z.array(SessionSummary).readonly() },
  /** Events behind `after`, in order; envelopes as they are kept. */
  'session/events': {
    scope: 'observe',
    params: one.extend({ after: z.int().nonnegative(), limit: z.int().positive().max(MAX_PAGE) }),
    result: z.array(SessionEvent).readonly(),
  },
  /** The place behind event `seq` (default: the newest). */
  'session/cursor': {
    scope: 'observe',
    params: one.extend({ seq: z.int().nonnegative().optional() }),
    result: Cursor,
  },
  /** What its context costs: what every request carries, and the last `limit` parts below event `before` (default: the newest). */
  'context/get': {
    scope: 'observe',
    params: one.extend({
      before: z.int().positive().optional(),
      limit: z.int().nonnegative().max(MAX_PAGE).optional(),
    }),
    result: ContextReport,
  },
  /** Removes the session and all that it spawned for good; `conflict` while one of them works. */
  'session/erase': { scope: 'admin', params: one, result: z.object({ head: z.string() }) },
  /**
   * Hands the session a key for the requests of one provider, or takes it back with `null`. It is kept in memory only: after a restart of
   * the host a session that has keys of its own says which one is missing.
   */
  'session/credentials': {
    scope: 'prompt',
    params: one.extend({
      provider: z.string().min(1).max(64),
      apiKey: z.string().min(1).max(8192).nullable(),
    }),
    result: z.object({}),
  },
  'inbox/list': { scope: 'observe', params: z.strictObject({}), result: z.array(InboxItem).readonly() },
  /** Numbers of the host: slots, residency, memory, faults. */
  'host/inspect': { scope: 'observe', params: z.strictObject({}), result: z.looseObject({}) },
  ...EQUIPMENT_METHODS,
  /** A named place in the feed of all events, of the identity that makes it: the host keeps it until it is acknowledged further. */
  'consumer/create': { scope: 'observe', params: ConsumerCreate, result: ConsumerRow },
  'consumer/list': { scope: 'observe', params: z.strictObject({}), result: z.array(ConsumerRow).readonly() },
  /** What is behind its place, or behind `after`; the same again until it is acknowledged. */
  'consumer/read': { scope: 'observe', params: ConsumerRead, result: ConsumerPage },
  /** Everything up to the place is done. Never back. */
  'consumer/ack': { scope: 'observe', params: ConsumerAcked, result: ConsumerRow },
  'consumer/delete': {
    scope: 'observe',
    params: ConsumerNamed,
    result: z.object({ deleted: z.boolean() }),
  },
  'input/send': command(COMMANDS['input/send'], 'prompt'),
  'input/withdraw': command(COMMANDS['input/withdraw'], 'prompt'),
  'turn/cancel': command(COMMANDS['turn/cancel'], 'prompt'),
  'turn/continue': command(COMMANDS['turn/continue'], 'prompt'),
  'approval/resolve': command(COMMANDS['approval/resolve'], 'approve'),
  'context/add': command(COMMANDS['context/add'], 'prompt'),
  'context/compact': command(COMMANDS['context/compact'], 'prompt'),
  'context/uncompact': command(COMMANDS['context/uncompact'], 'prompt'),
  'budget/raise': command(COMMANDS['budget/raise'], 'admin'),
  'session/rename': command(COMMANDS['session/rename'], 'prompt'),
  'session/tag': command(COMMANDS['session/tag'], 'prompt'),
  'session/configure': command(COMMANDS['session/configure'], 'admin'),
  'session/archive': command(COMMANDS['session/archive'], 'prompt'),
  'session/restore': command(COMMANDS['session/restore'], 'prompt'),
  'session/revive': command(COMMANDS['session/revive'], 'prompt'),
} as const satisfies Record<string, { scope: TokenScope; params: z.ZodObject; result: z.ZodType }>;

export type Method = keyof typeof METHODS;
export type ParamsOf<M extends Method> = z.infer<(typeof METHODS)[M]['params']>;
export type ResultOf<M extends Method> = z.infer<(typeof METHODS)[M]['result']>;

export function isMethod(name: string): name is Method {
  return Object.hasOwn(METHODS, name);
}
