// Small shapes that several events, commands and messages share.
import { z } from 'zod';
import type { Json, JsonObject } from '../base/index.ts';
import { ERRORS, type ErrorCode } from './errors.ts';
import { BlobId, SessionId } from './ids.ts';

export const JsonValue: z.ZodType<Json> = z.json();
export const JsonRecord: z.ZodType<JsonObject> = z.record(z.string(), z.json());

/** Integer milliseconds UTC. */
export const At = z.int().nonnegative();

export const ErrorShape = z.object({
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  data: JsonRecord.optional(),
});

/** Opaque data that one provider needs back (signatures, item ids, encrypted reasoning); left out for every other. */
export const ProviderData = z.object({ name: z.string(), data: JsonValue });
export type ProviderData = z.infer<typeof ProviderData>;

/** Tokens of one or more model requests. `input` counts all input, cached or not. */
export const Usage = z.object({
  input: z.int().nonnegative(),
  output: z.int().nonnegative(),
  cachedInput: z.int().nonnegative().optional(),
  cacheWrite: z.int().nonnegative().optional(),
  reasoning: z.int().nonnegative().optional(),
});
export type Usage = z.infer<typeof Usage>;

/** A file that came with an input; its bytes live in a blob. */
export const Attachment = z.object({
  name: z.string().max(255),
  mediaType: z.string().max(127),
  blob: BlobId,
  bytes: z.int().nonnegative(),
});
export type Attachment = z.infer<typeof Attachment>;

/** What a tool gave back. `text` is what the model sees; where it was cut, `blob` holds the whole and `bytes` its size. */
export const ToolOutput = z.object({
  text: z.string(),
  bytes: z.int().nonnegative(),
  cut: z.boolean().optional(),
  blob: BlobId.optional(),
});
export type ToolOutput = z.infer<typeof ToolOutput>;

/** Who asked: a person at a client, another session, or a program. */
export const Source = z.object({
  kind: z.enum(['user', 'session', 'program', 'schedule']),
  name: z.string().max(128).optional(),
  /** Of a session. */
  id: SessionId.optional(),
});
export type Source = z.infer<typeof Source>;

export const Mode = z.enum(['read', 'ask', 'edits', 'full']);
export type Mode = z.infer<typeof Mode>;

export const Access = z.enum(['read', 'write', 'execute']);
export type Access = z.infer<typeof Access>;

export const Scope = z.enum(['once', 'session', 'path', 'always']);
export type Scope = z.infer<typeof Scope>;

/** A saved permission: this tool, and for scope `path` only below this path or for this exact command. */
export const Grant = z.object({
  tool: z.string(),
  scope: Scope,
  path: z.string().optional(),
});
export type Grant = z.infer<typeof Grant>;

export function addUsage(a: Usage, b: Usage): Usage {
  const sum = (x: number | undefined, y: number | undefined): number | undefined =>
    x === undefined && y === undefined ? undefined : (x ?? 0) + (y ?? 0);
  const optional = {
    cachedInput: sum(a.cachedInput, b.cachedInput),
    cacheWrite: sum(a.cacheWrite, b.cacheWrite),
    reasoning: sum(a.reasoning, b.reasoning),
  };
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    ...(Object.fromEntries(Object.entries(optional).filter(([, n]) => n !== undefined)) as Partial<Usage>),
  };
}

export const NO_USAGE: Usage = { input: 0, output: 0 };
