// The files of one audit log: `audit.jsonl`, which is written to, and those that were put aside, numbered as they came.
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface AsideFile {
  readonly path: string;
  readonly number: number;
}

/** Oldest first. Numbers go on when old ones are removed. */
export function asideFiles(path: string): readonly AsideFile[] {
  const before = `${stem(path)}.`;
  return readdirSync(dirname(path))
    .flatMap((name) => {
      const digits = name.startsWith(before)
        ? /^(\d{6,9})\.jsonl$/.exec(name.slice(before.length))?.[1]
        : undefined;
      return digits === undefined ? [] : [{ path: join(dirname(path), name), number: Number(digits) }];
    })
    .toSorted((a, b) => a.number - b.number);
}

export function nextAside(path: string, aside: readonly AsideFile[]): string {
  const number = String((aside.at(-1)?.number ?? 0) + 1).padStart(6, '0');
  return join(dirname(path), `${stem(path)}.${number}.jsonl`);
}

function stem(path: string): string {
  return basename(path, '.jsonl');
}
