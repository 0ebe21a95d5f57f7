// Files of our own making: decisions that people took and can take again. A damaged one must neither stop the program nor
// be lost, and forgetting a permission or a trust only means being asked again.
import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';
import type { z } from 'zod';
import { isJsonObject, parseJson } from '../base/index.ts';
import { CarrelError } from '../protocol/index.ts';
import { readSmallFile, reasonOf, replaceFile } from './files.ts';

/** Told, once and in a sentence, about something that a user should know and that stops nothing. */
export type Notice = (text: string) => void;

export interface StateFile<T> {
  readonly path: string;
  readonly schema: z.ZodType<T>;
  /** What a missing or damaged file stands for. */
  readonly empty: T;
}

/**
 * The content. A damaged file is renamed to `….corrupt-…`, with a notice, and reads as empty. `version_mismatch` for one
 * written by a newer program; `invalid_params` when it cannot be read.
 */
export function readState<T>(file: StateFile<T>, notice: Notice): T {
  const content = readSmallFile(file.path);
  if (content === undefined) return file.empty;
  const parsed = parseJson(new TextDecoder().decode(content.bytes));
  const value = parsed.ok ? parsed.value : undefined;
  const checked = file.schema.safeParse(value);
  if (checked.success) return checked.data;
  if (isJsonObject(value) && typeof value['version'] === 'number' && value['version'] > 1) {
    const message = `${file.path} is of version ${value['version']}; this program knows version 1: upgrade it`;
    throw new CarrelError('version_mismatch', message, { data: { file: file.path } });
  }
  notice(setAside(file.path, content.bytes));
  return file.empty;
}

export function writeState<T>(file: StateFile<T>, value: T): void {
  replaceFile(file.path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Named by its content, so that no other damaged file is overwritten. */
function setAside(path: string, bytes: Uint8Array): string {
  const aside = `${path}.corrupt-${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}`;
  try {
    renameSync(path, aside);
    return `${path} is damaged and counts as empty; it was kept as ${aside}`;
  } catch (error) {
    return `${path} is damaged and counts as empty; it could not be moved aside: ${reasonOf(error)}`;
  }
}
