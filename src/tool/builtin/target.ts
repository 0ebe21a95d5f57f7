// A file is replaced whole or not at all, by anyone's reading: the new content is written beside it, made durable, and
// renamed over it. Nobody sees a half, a crash leaves the old or the new, and a hard link elsewhere keeps the old content.
import { randomBytes } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CarrelError } from '../../protocol/index.ts';
import { fileError, systemCode } from '../file-error.ts';
import type { Place } from '../paths.ts';
import { openFile, pinParent, reach, requireRegular, type PinnedDirectory } from '../pinned.ts';
import type { ToolContext } from '../port.ts';

/** A file that one call is about to change. Nobody else in this process changes it meanwhile. */
export interface Target {
  readonly place: Place;
  /** Undefined when it does not exist yet. */
  readonly before: BigIntStats | undefined;
  /** Who has changed it since this session saw it, as far as that is known. */
  readonly changedBy: string | undefined;
  readonly read: () => Promise<Buffer>;
  /**
   * Makes `bytes` the whole content and keeps the mode. Durable when it resolves. Refuses with `conflict` when the file has
   * changed since this target was opened, and does nothing once the call was aborted. The session keeps the file from others until
   * its turn rests.
   */
  readonly replace: (bytes: Uint8Array) => Promise<void>;
}

const inUse = new Map<string, Promise<unknown>>();

/**
 * Opens the target, after every earlier call on the same file has ended, and closes it when `work` ends. `conflict` while the turn of
 * another session keeps it.
 */
export async function withTarget<T>(
  context: ToolContext,
  given: string,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const place = await reach(context, given);
  if (place.relative === '') throw fileError({ code: 'EISDIR' }, given);
  return inTurn(place.path, async () => {
    try {
      context.files?.refuseLocked(place.path, given);
      await using parent = await pinParent(place);
      return await work(await openTarget(place, parent, context));
    } catch (error) {
      throw fileError(error, given);
    }
  });
}

async function inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
  const mine = (inUse.get(path) ?? Promise.resolve()).then(work, work);
  inUse.set(path, mine);
  try {
    return await mine;
  } finally {
    if (inUse.get(path) === mine) inUse.delete(path);
  }
}

async function openTarget(
  place: Place,
  parent: PinnedDirectory,
  { files, signal }: ToolContext,
): Promise<Target> {
  const path = join(parent.path, basename(place.path));
  const before = await statOf(path);
  if (before !== undefined) requireRegular(before, place);
  const unchanged = async (): Promise<void> => {
    await parent.check();
    if (!same(before, await statOf(path))) throw changedMeanwhile(place);
  };
  return {
    place,
    before,
    changedBy: files?.changedBy(place.path, before),
    async read() {
      await using file = await openFile(place);
      return file.readFile();
    },
    async replace(bytes) {
      const temporary = join(parent.path, `.carrel-${randomBytes(8).toString('hex')}.tmp`);
      try {
        await writeNew(temporary, bytes, before);
        await unchanged();
        signal.throwIfAborted();
        await rename(temporary, path);
      } catch (error) {
        await unlink(temporary).catch(() => undefined);
        throw error;
      }
      const after = await statOf(path);
      if (after !== undefined) files?.changed(place.path, after);
      await parent.sync();
    },
  };
}

async function writeNew(path: string, bytes: Uint8Array, before: BigIntStats | undefined): Promise<void> {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
  const mode = before === undefined ? 0o666 : Number(before.mode & 0o7777n);
  await using file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  await file.writeFile(bytes);
  // The mode given at creation is narrowed by the process's mask: what an existing file had is set once more.
  if (before !== undefined) await file.chmod(mode);
  await file.sync();
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function same(a: BigIntStats | undefined, b: BigIntStats | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.ino === b.ino && a.dev === b.dev && a.mtimeNs === b.mtimeNs && a.size === b.size;
}

function changedMeanwhile(place: Place): CarrelError {
  return new CarrelError(
    'conflict',
    `"${place.given}" was changed by someone else meanwhile: read it and try again`,
  );
}
