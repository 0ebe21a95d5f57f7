import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** Far longer than the watcher needs, ms: it looks three times, 50 ms apart. */
const DEADLINE_MS = 10_000;

/** What of the processes whose arguments hold `mark` is still there in the end. Without `/proc` nothing can be seen. */
export async function orphans(mark: string): Promise<readonly string[]> {
  const deadline = performance.now() + DEADLINE_MS;
  let found = alive(mark);
  while (found.length > 0 && performance.now() < deadline) {
    await setImmediate();
    found = alive(mark);
  }
  return found;
}

function alive(mark: string): string[] {
  if (!existsSync('/proc/self/cmdline')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(argumentsOf)
    .filter((line) => line.includes(mark));
}

/** Empty for one that has just ended. */
function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
