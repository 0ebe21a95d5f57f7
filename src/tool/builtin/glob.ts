import { reachExisting } from '../pinned.ts';
import type { Tool } from '../port.ts';
import { defineTool, done } from './define.ts';
import { pageBytes, withNotes } from './page.ts';
import type { Search } from './search/searcher.ts';
import { SKIPPED, skippedFor } from './skipped.ts';

/** A search walks at most this long; what needs more is a search that should be narrowed. */
export const SEARCH_TIMEOUT_MS = 30_000;

export const globTool = (search: Search): Tool =>
  defineTool<{ readonly pattern: string; readonly path?: string }>({
    name: 'glob',
    description: `Find files by name in the session folder, for example "src/**/*.ts". Leaves out ${SKIPPED.join(' and ')} unless named.`,
    parameters: {
      type: 'object',
      properties: {
        pattern: {
          type: 'string',
          minLength: 1,
          maxLength: 1000,
          description: 'A glob; "**" crosses directories.',
        },
        path: { type: 'string', description: 'Where to start. Default: the session folder.' },
      },
      required: ['pattern'],
      additionalProperties: false,
    },
    access: 'read',
    idempotent: true,
    parallel: true,
    timeoutMs: SEARCH_TIMEOUT_MS,
    intent: ({ pattern, path = '.' }) => ({ summary: `glob ${pattern} in ${path}`, paths: [path] }),
    async run({ pattern, path = '.' }, context) {
      const place = await reachExisting(context, path);
      const job = {
        kind: 'glob' as const,
        root: place.root,
        start: place.path,
        pattern,
        ignoreCase: false,
        deny: context.deny ?? [],
        skipped: skippedFor(`${place.relative}/${pattern}`),
        pageBytes: pageBytes(context),
      };
      const { lines, notes, cut } = await search(job, context.signal);
      return done(withNotes(lines, notes), cut);
    },
  });
