import { CarrelError } from '../../protocol/index.ts';
import type { Tool } from '../port.ts';
import { defineTool, done } from './define.ts';
import { withTarget } from './target.ts';

/**
 * Not idempotent, though the same call twice leaves the same file: between a crash and the second run someone may have
 * changed the file, and writing it again would undo that silently. The model is told `unknown` and can look.
 */
export const writeTool: Tool = defineTool<{ readonly path: string; readonly text: string }>({
  name: 'write',
  description:
    'Create a file, or replace all of its content, in the session folder. Missing directories are made. To change a part, use edit.',
  parameters: {
    type: 'object',
    properties: {
      path: { type: 'string', description: 'The file, relative to the session folder.' },
      text: { type: 'string', description: 'Its whole new content.' },
    },
    required: ['path', 'text'],
    additionalProperties: false,
  },
  access: 'write',
  idempotent: false,
  parallel: false,
  intent: ({ path }) => ({ summary: `write ${path}`, paths: [path] }),
  async run({ path, text }, context) {
    return withTarget(context, path, async ({ before, changedBy, replace }) => {
      if (changedBy !== undefined) throw changedSince(path, changedBy);
      await replace(Buffer.from(text));
      return done(
        `${before === undefined ? 'created' : 'replaced'} ${path}: ${Buffer.byteLength(text)} bytes`,
      );
    });
  },
});

function changedSince(path: string, who: string): CarrelError {
  const message = `${who} has changed "${path}" since you saw it: read it, and write what keeps that change`;
  return new CarrelError('conflict', message, { data: { path } });
}
