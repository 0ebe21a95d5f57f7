// Looks at the first process of the demo as a viewer does, and kills it in the middle of every teller's answer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ViewItem } from '../../src/protocol/index.ts';
import { TELLERS } from './cast.ts';
import { lineOf, say } from './show.ts';

/** Characters of each answer that are shown before the kill. */
const SHOWN_BEFORE_KILL = 500;
/** The claim is about text this old at the kill, ms: ten times what is promised, because a shared disk may be slow to sync. */
const OLD_ENOUGH_MS = 1_000;

/** What a viewer had of one answer at the kill, and some time before it. */
export interface Shown {
  readonly text: string;
  readonly before: string;
}

interface Piece {
  readonly at: number;
  readonly text: string;
}

export function startHost(...args: string[]) {
  return spawn(process.execPath, [join(import.meta.dirname, 'host.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
}

/** What was shown of each teller's answer. */
export async function watchUntilKilled(home: string, folder: string): Promise<ReadonlyMap<string, Shown>> {
  const host = startHost(home, folder);
  const gone = once(host, 'exit');
  const told = new Map(TELLERS.map(({ name }): [string, Piece[]] => [name, []]));
  for await (const line of createInterface({ input: host.stdout })) {
    const { name, item } = JSON.parse(line) as { name: string; item: ViewItem };
    const pieces = told.get(name);
    if (pieces === undefined) show(name, item);
    else if (item.type === 'delta') {
      // Each part of an answer begins at 0, and the last one is what the kill cuts.
      if (item.offset === 0) pieces.length = 0;
      pieces.push({ at: performance.now(), text: item.text });
    }
    if (![...told.values()].every((each) => textOf(each).length >= SHOWN_BEFORE_KILL)) continue;
    host.kill('SIGKILL');
    break;
  }
  await gone;
  const oldest = performance.now() - OLD_ENOUGH_MS;
  return new Map(
    [...told].map(([name, pieces]) => [
      name,
      { text: textOf(pieces), before: textOf(pieces.filter(({ at }) => at < oldest)) },
    ]),
  );
}

function show(name: string, item: ViewItem): void {
  const shown = lineOf(name, item);
  if (shown !== undefined) say(shown);
}

function textOf(pieces: readonly Piece[]): string {
  return pieces.map(({ text }) => text).join('');
}
