// What can be asked about the models, tools and profiles of a folder: what counts there as the host sees it, not as whoever asks does.
import { z } from 'zod';
import { Price } from './budget.ts';
import { Profile } from './profile.ts';
import { Access } from './values.ts';

/** Absolute, on the host's machine. */
const place = z.strictObject({ folder: z.string().min(1) });

/** What is known of one model; what is not known is left out. */
export const ModelInfo = z.object({
  /** `provider/model`. */
  model: z.string(),
  contextTokens: z.int().optional(),
  outputTokens: z.int().optional(),
  price: Price.optional(),
  /** Why it cannot be asked. */
  problem: z.string().optional(),
});
export type ModelInfo = z.infer<typeof ModelInfo>;

/** One tool, or a module that gives none. */
export const ToolInfo = z.object({
  name: z.string(),
  description: z.string().optional(),
  access: Access.optional(),
  idempotent: z.boolean().optional(),
  parallel: z.boolean().optional(),
  /** JSON Schema of its arguments. */
  parameters: z.record(z.string(), z.unknown()).optional(),
  /** Why it cannot be called: its calls answer so. */
  problem: z.string().optional(),
});
export type ToolInfo = z.infer<typeof ToolInfo>;

export const EQUIPMENT_METHODS = {
  /** The models that are configured for a folder; providers may serve more. */
  'model/list': { scope: 'observe', params: place, result: z.array(ModelInfo).readonly() },
  /** The model that a name stands for there, `auto` too; `model_unavailable` when it cannot be asked. */
  'model/pick': {
    scope: 'observe',
    params: place.extend({ model: z.string().min(1).max(256) }),
    /** `why`, where it was chosen and not named. */
    result: ModelInfo.extend({ why: z.string().optional() }),
  },
  'tool/list': { scope: 'observe', params: place, result: z.array(ToolInfo).readonly() },
  'profile/list': { scope: 'observe', params: place, result: z.array(Profile).readonly() },
  /**
   * Whether the host would ask a provider with the caller's key. `digest` is the HMAC-SHA-256 of that key under `salt`, in hex; keys
   * themselves are never told.
   */
  'provider/compare-key': {
    scope: 'prompt',
    params: place.extend({
      provider: z.string().min(1).max(64),
      salt: z.string().min(16).max(64),
      digest: z.string().length(64),
    }),
    result: z.object({ key: z.enum(['same', 'other', 'missing']) }),
  },
  /** Asks a provider again now that is left alone after failures; `not_found` when it was never asked. */
  'provider/reset': {
    scope: 'admin',
    params: z.strictObject({ provider: z.string().min(1).max(64) }),
    result: z.object({}),
  },
} as const;
