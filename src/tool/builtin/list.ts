import type { Dirent } from 'node:fs';
import { lstat, opendir, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CarrelError } from '../../protocol/index.ts';
import { denyRules } from '../deny.ts';
import { fileError } from '../file-error.ts';
import { pinDirectory, reachExisting } from '../pinned.ts';
import type { Tool } from '../port.ts';
import { defineTool, done } from './define.ts';
import { Page, pageBytes, printable, withNotes } from './page.ts';
import { leftOutNote, SKIPPED } from './skipped.ts';

/** Entries shown at most, and entries looked at, so that a directory of millions costs no more than a large one. */
const MAX_SHOWN = 1000;
const MAX_LOOKED_AT = 20_000;

/** Lists one directory, by name: directories end in `/`, links say where they lead. */
export const listTool: Tool = defineTool<{ readonly path?: string }>({
  name: 'list',
  description: `List one directory of the session folder, with sizes. Leaves out ${SKIPPED.join(' and ')}; name one of them as path to list it.`,
  parameters: {
    type: 'object',
    properties: {
      path: {
        type: 'string',
        description: 'The directory, relative to the session folder. Default: the folder.',
      },
    },
    additionalProperties: false,
  },
  access: 'read',
  idempotent: true,
  parallel: true,
  intent: ({ path = '.' }) => ({ summary: `list ${path}`, paths: [path] }),
  async run({ path = '.' }, context) {
    const place = await reachExisting(context, path);
    await using directory = await pinDirectory(place, place.path).catch((error: unknown) => {
      throw notListable(error, path);
    });
    const denied = denyRules(context.deny ?? []);
    const { entries, more, leftOut } = await entriesOf(directory.path, (name) => {
      return denied(place.relative === '' ? name : `${place.relative}/${name}`) === undefined;
    });
    const page = new Page(MAX_SHOWN, pageBytes(context));
    for (const entry of entries) {
      context.signal.throwIfAborted();
      if (!page.add(await describe(directory.path, entry))) break;
    }
    const notes = leftOutNote(leftOut);
    if (page.cut || more)
      notes.push(
        `cut: ${page.lines.length} of ${more ? 'more than ' : ''}${entries.length} entries; use glob to narrow down`,
      );
    if (entries.length === 0 && leftOut.length === 0) notes.push('the directory is empty');
    return done(withNotes(page.lines, notes), page.cut || more);
  },
});

function notListable(error: unknown, path: string): CarrelError {
  const described = fileError(error, path);
  if (described.code !== 'invalid_params') return described;
  return new CarrelError('invalid_params', `"${path}" is not a directory: use read`, { cause: error });
}

interface Entries {
  readonly entries: readonly Dirent[];
  readonly more: boolean;
  readonly leftOut: readonly string[];
}

async function entriesOf(path: string, permitted: (name: string) => boolean): Promise<Entries> {
  const entries: Dirent[] = [];
  const leftOut: string[] = [];
  let more = false;
  for await (const entry of await opendir(path)) {
    more = entries.length >= MAX_LOOKED_AT;
    if (more) break;
    if (SKIPPED.includes(entry.name)) leftOut.push(entry.name);
    else if (permitted(entry.name)) entries.push(entry);
  }
  return { entries: entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)), more, leftOut };
}

async function describe(directory: string, entry: Dirent): Promise<string> {
  const name = printable(entry.name);
  const path = join(directory, basename(entry.name));
  if (entry.isDirectory()) return `${name}/`;
  if (entry.isSymbolicLink()) return `${name} -> ${printable(await readlink(path).catch(() => '?'))}`;
  if (!entry.isFile()) return `${name} (device, pipe or socket)`;
  const stat = await lstat(path).catch(() => undefined);
  return stat === undefined ? `${name} (gone)` : `${name} ${stat.size}`;
}
