// What the daemon says: a file in the home, shown as it is and as it grows.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, stripControls, systemClock } from '../base/index.ts';
import type { Home } from '../config/index.ts';

/** How soon a new line is shown, ms. */
const LOOK_MS = 200;
/** Bytes read back for the last lines: more than the longest of them have. */
const TAIL_BYTES = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

export function daemonLog({ logs }: Pick<Home, 'logs'>): string {
  return join(logs, 'daemon.log');
}

/** The last lines, at most `count`; empty when there is no log. */
export function lastLines(path: string, count: number): { readonly text: string; readonly end: number } {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const text = readFrom(path, Math.max(0, size - TAIL_BYTES));
  const lines = text.split('\n');
  const whole = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  const last = count === 0 ? [] : whole.slice(-count);
  return { text: last.map((line) => `${line}\n`).join(''), end: size };
}

/** Everything behind `from` as it comes, until the signal aborts. A file that was cut or replaced is read from its start. */
export async function followLog(
  path: string,
  { from, signal, show }: { from: number; signal: AbortSignal; show: (text: string) => void },
): Promise<void> {
  let [place, file] = [from, statSync(path, { throwIfNoEntry: false })?.ino];
  while (!signal.aborted) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && (stat.ino !== file || stat.size < place)) [place, file] = [0, stat.ino];
    if (stat !== undefined && stat.size > place) {
      show(readFrom(path, place));
      place = stat.size;
    }
    await sleep(systemClock, LOOK_MS, signal).catch(() => undefined);
  }
}

function readFrom(path: string, from: number): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(CHUNK_BYTES);
    const { size } = fstatSync(file);
    let text = '';
    for (let place = from; place < size;) {
      const count = readSync(file, buffer, 0, Math.min(CHUNK_BYTES, size - place), place);
      if (count === 0) break;
      text += decoder.decode(buffer.subarray(0, count), { stream: true });
      place += count;
    }
    return stripLines(text + decoder.decode());
  } finally {
    closeSync(file);
  }
}

/** Line breaks stay; whatever else would move a cursor goes. */
function stripLines(text: string): string {
  return text.split('\n').map(stripControls).join('\n');
}
