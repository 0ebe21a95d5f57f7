import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { oneLine } from '../../../base/index.ts';
import { binaryKind, SNIFF_BYTES } from '../binary.ts';
import { Page, printable } from '../page.ts';
import type { SearchJob } from './job.ts';
import { filesToRead, type Passed } from './walk.ts';

const MAX_MATCHES = 500;
/** Characters of a matching line that are shown. */
const SHOWN_LINE = 300;
/** And how many of them stand before the match, in a line that is longer. */
const SHOWN_BEFORE = 100;
/** Characters of a line that are looked at in one piece: a minified file is a single line of any length. */
const MAX_LINE = 1_000_000;

const chunk = Buffer.alloc(256 * 1024);

/** Matching lines as `path:line: text`, of every text file below the start, or of the start when it is a file. */
export function grepLines(job: SearchJob, passed: Passed): Page {
  const pattern = new RegExp(job.pattern, job.ignoreCase ? 'i' : '');
  const page = new Page(MAX_MATCHES, job.pageBytes);
  for (const file of filesToRead(job, passed)) {
    for (const { number, text } of linesOf(file.path, passed)) {
      const match = pattern.exec(text);
      if (match === null) continue;
      const shown = oneLine(text.slice(Math.max(0, match.index - SHOWN_BEFORE)), SHOWN_LINE);
      if (!page.add(`${printable(file.relative)}:${number}: ${shown}`)) return page;
    }
  }
  return page;
}

interface Line {
  /** Counted from 1. The pieces of an endless line share it. */
  readonly number: number;
  readonly text: string;
}

/** The lines of a text file without their ends; nothing for a binary file. */
function* linesOf(path: string, passed: Passed): Generator<Line> {
  const handle = openRegular(path);
  if (handle === undefined) {
    passed.unreadable++;
    return;
  }
  try {
    const bytes = readSync(handle, chunk);
    if (binaryKind(chunk.subarray(0, Math.min(bytes, SNIFF_BYTES))) === undefined)
      yield* split(handle, bytes);
    else passed.binary++;
  } finally {
    closeSync(handle);
  }
}

function openRegular(path: string): number | undefined {
  try {
    const handle = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (fstatSync(handle).isFile()) return handle;
    closeSync(handle);
    return undefined;
  } catch {
    return undefined;
  }
}

/** `first` bytes are in `chunk` already. */
function* split(handle: number, first: number): Generator<Line> {
  const decoder = new StringDecoder('utf8');
  let number = 1;
  let rest = '';
  for (let bytes = first; bytes > 0; bytes = readSync(handle, chunk)) {
    const lines = (rest + decoder.write(chunk.subarray(0, bytes))).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines)
      yield { number: number++, text: text.endsWith('\r') ? text.slice(0, -1) : text };
    if (rest.length <= MAX_LINE) continue;
    yield { number, text: rest };
    rest = '';
  }
  rest += decoder.end();
  if (rest !== '') yield { number, text: rest };
}
