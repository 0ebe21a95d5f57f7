// A lock between processes that share a small file. It names who holds it, so that one that died is known without a clock; taking it
// from a dead one is itself done by one at a time, because between looking and removing it may be somebody else's.
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sleep, type Clock } from '../base/index.ts';
import { CarrelError } from '../protocol/index.ts';

/** Whoever holds it writes a line or two and syncs: milliseconds on a quiet disk, a second on one that struggles. */
const MAX_TRIES = 500;
const WAIT_MS = 10;

/** Held until disposed, or until this process ends. `conflict` when somebody who lives does not let go. */
export function lockFile(path: string): Disposable {
  for (let tries = 1; ; tries++) {
    const held = tryLock(path);
    if (held !== undefined) return held;
    if (tries === MAX_TRIES) throw stuck(path);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
  }
}

/** The same for a process that has other things to do meanwhile. */
export async function lockFileSoon(path: string, clock: Clock): Promise<Disposable> {
  for (let tries = 1; ; tries++) {
    const held = tryLock(path);
    if (held !== undefined) return held;
    if (tries === MAX_TRIES) throw stuck(path);
    await sleep(clock, WAIT_MS);
  }
}

function tryLock(path: string): Disposable | undefined {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!make(path) && !(takeFromTheDead(path) && make(path))) return undefined;
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

/** There with its content or not at all. */
function make(path: string): boolean {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, String(process.pid), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Only its holder removes a lock, and here, alone, whoever sees that the holder is dead. */
function takeFromTheDead(path: string): boolean {
  if (!isOfTheDead(path)) return false;
  const taking = `${path}.taking`;
  if (!make(taking)) return false;
  try {
    const isTheirs = isOfTheDead(path);
    if (isTheirs) rmSync(path);
    return isTheirs;
  } finally {
    rmSync(taking, { force: true });
  }
}

function isOfTheDead(path: string): boolean {
  const pid = pidIn(path);
  if (pid === undefined || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function pidIn(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function stuck(path: string): CarrelError {
  const pid = pidIn(path);
  const who = pid === undefined ? 'another process' : `process ${String(pid)}`;
  const seconds = String((MAX_TRIES * WAIT_MS) / 1000);
  return new CarrelError('conflict', `${who} holds ${path} for ${seconds} s: end it, or delete that file`, {
    data: { file: path },
  });
}
