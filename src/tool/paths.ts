// A model's paths must stay inside the session's folder, whatever it or a command puts in their way. Text alone cannot
// promise that: links decide where a path leads. So a path is resolved to what it really is, and the result is judged.
// What happens between that check and the use is the matter of `pinned.ts`.
import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { CarrelError } from '../protocol/index.ts';
import { fileError, systemCode } from './file-error.ts';

/** Where a path leads, inside a folder. */
export interface Place {
  /** As it was given, for messages. */
  readonly given: string;
  /** The session's folder, real. */
  readonly root: string;
  /** Absolute and real: no part of it was a symbolic link when it was resolved. */
  readonly path: string;
  /** From the folder, with `/` between names; empty for the folder itself. */
  readonly relative: string;
  /** The same before links were resolved. */
  readonly asked: string;
  /** Names at the end of `path` that do not exist yet, outermost first. */
  readonly missing: readonly string[];
}

/** Longest path that systems take, in bytes. */
const MAX_PATH_BYTES = 4096;

const WINDOWS_RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\.|$)/i;

/** Why the text can never be a path here; undefined when it can. */
export function pathProblem(given: string, platform: NodeJS.Platform = process.platform): string | undefined {
  if (given === '') return 'is empty';
  if (given.includes('\0')) return 'contains a NUL character';
  if (Buffer.byteLength(given) > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`;
  return platform === 'win32' ? windowsProblem(given) : undefined;
}

function windowsProblem(given: string): string | undefined {
  if (/^[\\/]{2}/.test(given)) return 'names a network share or a device';
  const withoutDrive = given.replace(/^[A-Za-z]:(?=[\\/])/, '');
  if (withoutDrive.includes(':')) return 'contains ":", which names a drive or a hidden stream';
  for (const name of withoutDrive.split(/[\\/]/)) {
    if (WINDOWS_RESERVED.test(name)) return `contains "${name}", which Windows reserves for a device`;
    if (/[. ]$/.test(name) && name !== '.' && name !== '..')
      return `contains "${name}", whose end Windows would drop`;
  }
  return undefined;
}

export function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/**
 * Resolves `given` inside `folder`, relative to it or absolute. What does not exist yet is fine, as long as every part
 * that exists leads inside. Refuses text that is no path (`invalid_params`), what leads out by `..`, as an absolute path
 * or through a link, and links that lead nowhere, because nobody can say where they will lead (`forbidden`).
 */
export async function resolveInside(folder: string, given: string): Promise<Place> {
  const problem = pathProblem(given);
  if (problem !== undefined)
    throw new CarrelError(
      'invalid_params',
      `the path ${JSON.stringify(given.slice(0, 200))} ${problem}: name a file inside the folder`,
    );
  const root = await realpath(folder).catch((error: unknown) => Promise.reject(fileError(error, folder)));
  const wanted = resolve(folder, given);
  const base = [resolve(folder), root].find((top) => isInside(top, wanted));
  if (base === undefined) throw escapes(given, root);
  const { real, missing } = await nearestReal(wanted, given);
  if (!isInside(root, real)) throw escapes(given, root);
  const path = join(real, ...missing);
  return { given, root, path, relative: below(root, path), asked: below(base, wanted), missing };
}

function below(top: string, path: string): string {
  return relative(top, path).replaceAll(sep, '/');
}

/** The real path of the deepest part that exists, and the names below it that do not. */
async function nearestReal(
  wanted: string,
  given: string,
): Promise<{ real: string; missing: readonly string[] }> {
  const missing: string[] = [];
  for (let at = wanted; ; at = dirname(at)) {
    try {
      return { real: await realpath(at), missing };
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw fileError(error, given);
      if (await isLink(at)) throw leadsNowhere(given);
      missing.unshift(basename(at));
    }
  }
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (stat) => stat.isSymbolicLink(),
    () => false,
  );
}

export function escapes(given: string, root: string): CarrelError {
  return new CarrelError(
    'forbidden',
    `the path "${given}" leads out of the session's folder (${root}): name one inside it`,
  );
}

function leadsNowhere(given: string): CarrelError {
  return new CarrelError(
    'forbidden',
    `the path "${given}" goes through a symbolic link that leads nowhere: remove the link first`,
  );
}
