// Spawning is judged like reading: by itself it changes nothing. Whatever the child does is judged in the child, under a profile
// that is never wider than its parent's, and what it must ask for reaches a human with its lineage.
import type { Tool } from '../port.ts';
import { defineTool, failed } from './define.ts';

export interface SpawnArgs {
  readonly prompt: string;
  readonly profile?: string;
  readonly name?: string;
  readonly tools?: readonly string[];
  readonly mode?: 'read' | 'ask' | 'edits' | 'full';
  readonly maxSteps?: number;
  readonly budget?: { readonly usd?: number; readonly tokens?: number; readonly steps?: number };
}

/** Not all digits: a name is told from a number. */
const NAME = '^(?=.*[^0-9])[A-Za-z0-9_-]{1,64}$';

/** Characters of a prompt: well below what one input may have. */
const MOST_CHARS = 1_000_000;

/** Starts a child session, waits for the turn that its prompt leads to, and answers with its last text. */
export const spawnTool: Tool = defineTool<SpawnArgs>({
  name: 'spawn',
  description:
    'Give a task to a child session, an agent with a fresh context in the same folder, and get its last answer back. It sees ' +
    'nothing of this conversation: put everything it must know into the prompt. Several spawns in one step work beside each ' +
    'other. It never has more permissions than you; what you ask for beyond yours is refused.',
  parameters: {
    type: 'object',
    properties: {
      prompt: { type: 'string', pattern: '\\S', maxLength: MOST_CHARS, description: 'The whole task.' },
      profile: { type: 'string', description: 'Name of a profile. Default: yours.' },
      name: { type: 'string', pattern: NAME, description: 'A name for the child, free in this folder.' },
      tools: {
        type: 'array',
        items: { type: 'string' },
        maxItems: 256,
        description:
          'Names of the tools it may use, out of yours. Default: those of its profile that you have.',
      },
      mode: {
        enum: ['read', 'ask', 'edits', 'full'],
        description: 'What it may do without asking a human; no more than you.',
      },
      maxSteps: { type: 'integer', minimum: 1, description: 'How many steps it may take; no more than you.' },
      budget: {
        type: 'object',
        properties: {
          usd: { type: 'number', minimum: 0 },
          tokens: { type: 'integer', minimum: 1 },
          steps: { type: 'integer', minimum: 1 },
        },
        additionalProperties: false,
        description:
          'What it and all below it may use, out of what is left to you. Default: an equal share with the other children of ' +
          'this step and with you.',
      },
    },
    required: ['prompt'],
    additionalProperties: false,
  },
  access: 'read',
  idempotent: false,
  parallel: true,
  kind: 'spawn',
  intent: ({ prompt, name }) => ({
    summary: `spawn ${name === undefined ? '' : `${name}: `}${prompt}`,
    paths: [],
  }),
  run: () =>
    Promise.resolve(failed({ code: 'tool_failed', message: 'a child can only be started inside a session' })),
});
