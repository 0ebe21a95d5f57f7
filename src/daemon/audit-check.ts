// Whether an audit log is whole: every line follows from the one before it, across the files that were put aside.
import { createReadStream, existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { isJsonObject, parseJson } from '../base/index.ts';
import { digestOfLine, NOTHING } from './audit.ts';
import { asideFiles } from './audit-files.ts';

export interface AuditCheck {
  readonly lines: number;
  /** Oldest first. */
  readonly files: readonly string[];
  /** Files before the first one that is there, removed because there were enough. */
  readonly removed: number;
  /** Where a line does not follow from the one before it, as `audit.jsonl:12`; at most 100 of them. */
  readonly broken: readonly string[];
  /** Digest of the last line: kept elsewhere, it shows later whether what was there is there still. */
  readonly head: string;
}

const MOST_BROKEN = 100;

/** Reads all of it and changes nothing. A log that is not there has no lines and is whole. */
export async function checkAudit(path: string): Promise<AuditCheck> {
  const aside = existsSync(dirname(path)) ? asideFiles(path) : [];
  const files = [...aside.map((file) => file.path), ...(existsSync(path) ? [path] : [])];
  const removed = (aside[0]?.number ?? 1) - 1;
  const gaps = aside.flatMap(({ number }, at) => {
    const before = aside[at - 1]?.number ?? number - 1;
    return before === number - 1
      ? []
      : [`${basename(path)}: ${String(number - before - 1)} files are missing`];
  });
  // What the first line that is left goes on from went with its file.
  let before: string | undefined = removed > 0 ? undefined : NOTHING;
  const broken: string[] = [...gaps];
  let lines = 0;
  for (const file of files) {
    for await (const { number, line } of linesOf(file)) {
      lines++;
      const prev = prevOf(line);
      if (prev === undefined || (before !== undefined && prev !== before))
        broken.push(`${basename(file)}:${String(number)}`);
      before = digestOfLine(line);
    }
  }
  return {
    lines,
    files: files.map((file) => basename(file)),
    removed,
    broken: broken.slice(0, MOST_BROKEN),
    head: before ?? NOTHING,
  };
}

async function* linesOf(path: string): AsyncGenerator<{ number: number; line: string }> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    number++;
    if (line !== '') yield { number, line };
  }
}

function prevOf(line: string): string | undefined {
  const parsed = parseJson(line);
  const prev = parsed.ok && isJsonObject(parsed.value) ? parsed.value['prev'] : undefined;
  return typeof prev === 'string' ? prev : undefined;
}
