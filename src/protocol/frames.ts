import { z } from 'zod';
import { PartId, SessionId, StepId } from './ids.ts';
import type { SessionEvent } from './events/index.ts';

/**
 * A piece of a part that is still streaming. `seq` is the last event before it; `offset` counts UTF-16 units from the
 * part's start and never falls inside a surrogate pair. The part's `*.ended` event replaces everything shown of it.
 */
export const DeltaFrame = z.object({
  type: z.literal('delta'),
  session: SessionId,
  seq: z.int().nonnegative(),
  step: StepId,
  part: PartId,
  kind: z.enum(['text', 'reasoning']),
  offset: z.int().nonnegative(),
  text: z.string(),
});
export type DeltaFrame = z.infer<typeof DeltaFrame>;

/** What a viewer sees: events, each once and in order, and the frames of open parts between them. */
export type ViewItem = SessionEvent | DeltaFrame;
export const ViewItem = z.custom<ViewItem>((value) => typeof value === 'object' && value !== null);

/** A place in a journal. `hash` is the first 8 bytes (hex) of the hash of event `seq`; empty at `seq` 0. `parts` are the offsets seen of open parts. */
export const Cursor = z.object({
  seq: z.int().nonnegative(),
  hash: z.string().regex(/^([0-9a-f]{16})?$/),
  parts: z.record(PartId, z.int().nonnegative()).optional(),
});
export type Cursor = z.infer<typeof Cursor>;
