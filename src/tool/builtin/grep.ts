import { reachExisting } from '../pinned.ts';
import type { Tool } from '../port.ts';
import { defineTool, done } from './define.ts';
import { SEARCH_TIMEOUT_MS } from './glob.ts';
import { pageBytes, withNotes } from './page.ts';
import type { Search } from './search/searcher.ts';
import { SKIPPED, skippedFor } from './skipped.ts';

interface GrepArgs {
  readonly pattern: string;
  readonly path?: string;
  readonly ignoreCase?: boolean;
}

export const grepTool = (search: Search): Tool =>
  defineTool<GrepArgs>({
    name: 'grep',
    description: `Find lines that match a regular expression (JavaScript) in the text files of the session folder. Leaves out ${SKIPPED.join(' and ')} unless path names them.`,
    parameters: {
      type: 'object',
      properties: {
        pattern: { type: 'string', minLength: 1, maxLength: 1000, description: 'A regular expression.' },
        path: { type: 'string', description: 'A directory or a file. Default: the session folder.' },
        ignoreCase: { type: 'boolean' },
      },
      required: ['pattern'],
      additionalProperties: false,
    },
    access: 'read',
    idempotent: true,
    parallel: true,
    timeoutMs: SEARCH_TIMEOUT_MS,
    intent: ({ pattern, path = '.' }) => ({ summary: `grep ${pattern} in ${path}`, paths: [path] }),
    async run({ pattern, path = '.', ignoreCase = false }, context) {
      const place = await reachExisting(context, path);
      const job = {
        kind: 'grep' as const,
        root: place.root,
        start: place.path,
        pattern,
        ignoreCase,
        deny: context.deny ?? [],
        skipped: skippedFor(place.relative),
        pageBytes: pageBytes(context),
      };
      const { lines, notes, cut } = await search(job, context.signal);
      return done(withNotes(lines, notes), cut);
    },
  });
