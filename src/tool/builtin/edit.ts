import { CarrelError } from '../../protocol/index.ts';
import { fileError } from '../file-error.ts';
import type { Tool } from '../port.ts';
import { defineTool, done } from './define.ts';
import { nearestLine } from './nearest-line.ts';
import { withTarget } from './target.ts';

interface EditArgs {
  readonly path: string;
  readonly old: string;
  readonly new: string;
  readonly all?: boolean;
}

/** Larger files are not edited by hand either; the text is held in memory several times. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Line numbers named when there are several matches. */
const NAMED_LINES = 5;

/** Replaces exact text, once or everywhere. Guesses nothing: what does not match exactly once is refused, with a hint. */
export const editTool: Tool = defineTool<EditArgs>({
  name: 'edit',
  description:
    'Replace text in a file of the session folder. "old" must match exactly, white space included, and only once; or set "all" to replace every match.',
  parameters: {
    type: 'object',
    properties: {
      path: { type: 'string', description: 'The file, relative to the session folder.' },
      old: {
        type: 'string',
        minLength: 1,
        description: 'The exact text to replace, with enough around it to be unique.',
      },
      new: { type: 'string', description: 'What stands there afterwards.' },
      all: { type: 'boolean', description: 'Replace every match.' },
    },
    required: ['path', 'old', 'new'],
    additionalProperties: false,
  },
  access: 'write',
  idempotent: false,
  parallel: false,
  intent: ({ path }) => ({ summary: `edit ${path}`, paths: [path] }),
  async run({ path, old, new: replacement, all = false }, context) {
    if (old === replacement) throw refuse('"old" and "new" are the same: nothing to do');
    return withTarget(context, path, async ({ before, changedBy, read, replace }) => {
      if (before === undefined) throw fileError({ code: 'ENOENT' }, path);
      if (before.size > MAX_BYTES)
        throw refuse(`"${path}" has ${before.size} bytes: edit takes at most ${MAX_BYTES}`);
      const text = decode(await read(), path);
      const matches = placesOf(text, old);
      if (matches.length === 0) throw noMatch(text, old, path);
      if (matches.length > 1 && !all) throw ambiguous(text, matches, path);
      await replace(Buffer.from(text.replaceAll(old, () => replacement)));
      const [first = 0] = matches;
      const where =
        matches.length === 1 ? `1 place, line ${lineOf(text, first)}` : `${matches.length} places`;
      const notice = changedBy === undefined ? '' : `\n[${changedBy} has changed it since you saw it]`;
      return done(`edited ${path}: ${where}${notice}`);
    });
  },
});

/** Text that is not UTF-8 would come back changed in places the edit never meant. */
function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CarrelError('invalid_params', `"${path}" is not UTF-8 text: edit cannot change it safely`, {
      cause,
    });
  }
}

/** Where matches start, without overlaps: exactly what `replaceAll` replaces. */
function placesOf(text: string, old: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(old); at >= 0; at = text.indexOf(old, at + old.length)) places.push(at);
  return places;
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

function refuse(message: string): CarrelError {
  return new CarrelError('invalid_params', message);
}

function noMatch(text: string, old: string, path: string): CarrelError {
  const ends = text.includes('\r\n') && old.includes('\n') && !old.includes('\r\n');
  const hint = ends ? 'its lines end in \\r\\n, those of "old" in \\n' : nearestLine(text, old);
  return refuse(
    `"old" matches 0 times in "${path}"${hint === undefined ? '' : ` (${hint})`}: read the file and copy the text exactly`,
  );
}

function ambiguous(text: string, matches: readonly number[], path: string): CarrelError {
  const lines = matches.slice(0, NAMED_LINES).map((at) => lineOf(text, at));
  const more = matches.length > NAMED_LINES ? ', …' : '';
  return refuse(
    `"old" matches ${matches.length} times in "${path}" (lines ${lines.join(', ')}${more}): add text around it until it is unique, or set "all"`,
  );
}
