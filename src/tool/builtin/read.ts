import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { CarrelError } from '../../protocol/index.ts';
import { openFile, reach } from '../pinned.ts';
import type { Tool, ToolResult } from '../port.ts';
import { binaryKind, SNIFF_BYTES } from './binary.ts';
import { defineTool, done } from './define.ts';
import { pageBytes, withNotes } from './page.ts';

interface ReadArgs {
  readonly path: string;
  readonly offset?: number;
  readonly limit?: number;
}

/** Bytes per read from the disk: large enough that a huge file passes quickly, small enough to be let go at once. */
const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;

/** Reads a text file, a page at a time. The whole of a small file is its text and nothing else. */
export const readTool: Tool = defineTool<ReadArgs>({
  name: 'read',
  description:
    'Read a text file in the session folder. A long file comes in pages: the last line says how to get the next one.',
  parameters: {
    type: 'object',
    properties: {
      path: { type: 'string', description: 'The file, relative to the session folder.' },
      offset: { type: 'integer', minimum: 1, description: 'First line, counted from 1.' },
      limit: { type: 'integer', minimum: 1, description: 'How many lines at most.' },
    },
    required: ['path'],
    additionalProperties: false,
  },
  access: 'read',
  idempotent: true,
  parallel: true,
  intent: ({ path }) => ({ summary: `read ${path}`, paths: [path] }),
  async run({ path, offset = 1, limit = Infinity }, context): Promise<ToolResult> {
    const place = await reach(context, path);
    await using file = await openFile(place);
    const stats = await file.stat({ bigint: true });
    const size = Number(stats.size);
    context.files?.saw(place.path, stats);
    await refuseBinary(file, path, size);
    const room = pageBytes(context);
    const { start, skipped } = await readFrom({
      file,
      first: offset,
      bytes: room + 1,
      signal: context.signal,
    });
    if (start.length === 0 && skipped > 0)
      throw new CarrelError(
        'invalid_params',
        `"${path}" has ${skipped} lines: offset ${offset} is beyond its end`,
      );
    const page = cutPage(start, limit, room);
    return done(withNotes(page.text === '' ? [] : [page.text], notes(page, offset, size)), page.cut);
  },
});

async function refuseBinary(file: FileHandle, path: string, size: number): Promise<void> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
  const kind = binaryKind(buffer.subarray(0, bytesRead));
  if (kind === undefined) return;
  const message = `"${path}" is not text but ${kind} of ${size} bytes: it cannot be read as lines`;
  throw new CarrelError('invalid_params', message);
}

interface From {
  readonly file: FileHandle;
  /** Number of the first line wanted. */
  readonly first: number;
  /** How much of the file from there. */
  readonly bytes: number;
  readonly signal: AbortSignal;
}

/** The file's bytes from line `first` on, and how many lines came before. A huge file is passed over, never held. */
async function readFrom({ file, first, bytes, signal }: From): Promise<{ start: Buffer; skipped: number }> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const kept: Buffer[] = [];
  let room = bytes;
  let skipped = 0;
  let open = false;
  for (let position = 0; room > 0;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    let at = 0;
    while (skipped < first - 1 && at < bytesRead) {
      const newline = chunk.subarray(0, bytesRead).indexOf(NEWLINE, at);
      open = newline < 0;
      at = open ? bytesRead : newline + 1;
      if (!open) skipped++;
    }
    const taken = Buffer.from(chunk.subarray(at, Math.min(bytesRead, at + room)));
    kept.push(taken);
    room -= taken.length;
  }
  return { start: Buffer.concat(kept), skipped: open ? skipped + 1 : skipped };
}

interface FilePage {
  readonly text: string;
  readonly lines: number;
  /** There is more of the file. */
  readonly cut: boolean;
  /** Its only line was too long and is not whole. */
  readonly brokenLine: boolean;
  /** All of it is UTF-8. */
  readonly isText: boolean;
}

/** The whole lines at the start of `bytes` that fit both bounds; at least a part of one. */
function cutPage(bytes: Buffer, limit: number, room: number): FilePage {
  let end = 0;
  let lines = 0;
  while (lines < limit && end < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, end);
    const next = newline < 0 ? bytes.length : newline + 1;
    if (next > room) break;
    end = next;
    lines++;
  }
  const brokenLine = lines === 0 && bytes.length > 0;
  if (brokenLine) end = characterStart(bytes, room);
  const cut = end < bytes.length;
  const text = bytes.toString('utf8', 0, end);
  return {
    text: cut && !brokenLine ? text.slice(0, -1) : text,
    lines: Math.max(lines, 1),
    cut,
    brokenLine,
    isText: isUtf8(bytes.subarray(0, end)),
  };
}

/** The last place at or before `at` where a UTF-8 character starts. */
function characterStart(bytes: Buffer, at: number): number {
  let place = at;
  while (place > 0 && ((bytes[place] ?? 0) & 0xc0) === 0x80) place--;
  return place;
}

function notes({ isText, lines, cut, brokenLine }: FilePage, first: number, size: number): string[] {
  if (size === 0) return ['the file is empty'];
  const found: string[] = [];
  if (!isText) found.push('what is not UTF-8 is shown as \ufffd');
  if (brokenLine)
    found.push(
      `line ${first} is too long for a page and was cut; the next read starts with offset ${first + 1}`,
    );
  else if (cut)
    found.push(
      `lines ${first} to ${first + lines - 1} of a file of ${size} bytes; go on with offset ${first + lines}`,
    );
  else if (first > 1) found.push(`lines ${first} to ${first + lines - 1}, the end of the file`);
  return found;
}
