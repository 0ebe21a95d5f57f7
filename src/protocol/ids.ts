import { z } from 'zod';

const id = (prefix: string, what: string) =>
  z.string().regex(new RegExp(`^${prefix}_[a-zA-Z0-9._-]{1,64}$`), `must be ${what} id (${prefix}_…)`);

export const SessionId = id('ses', 'a session');
/** Turn, step, call and part ids are unique within their session: they are made from its `seq`, so a fork keeps them. */
export const TurnId = id('trn', 'a turn');
export const StepId = id('stp', 'a step');
export const CallId = id('cal', 'a call');
export const PartId = id('prt', 'a part');
export const CommandId = id('cmd', 'a command');
export const CompactionId = id('cmp', 'a compaction');

/** A session's name: see `nameProblem`. */
export const SessionName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9_-]+$/, 'may hold letters, digits, "-" and "_" only')
  .regex(/[^0-9]/, 'may not be all digits');

/** Lower-case hex SHA-256 of a blob's bytes: its address. */
export const BlobId = z.string().regex(/^[0-9a-f]{64}$/);

export type SessionId = z.infer<typeof SessionId>;
export type TurnId = z.infer<typeof TurnId>;
export type StepId = z.infer<typeof StepId>;
export type CallId = z.infer<typeof CallId>;
export type PartId = z.infer<typeof PartId>;
export type CompactionId = z.infer<typeof CompactionId>;
export type CommandId = z.infer<typeof CommandId>;
export type BlobId = z.infer<typeof BlobId>;
