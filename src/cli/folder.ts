import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { CarrelError } from '../protocol/errors.ts';
import type { Invocation } from './invocation.ts';

/** The folder that the command is about: `--cwd`, else the current one; its real path, so that one folder has one name. */
export function folderOf({ options, folder }: Pick<Invocation, 'options' | 'folder'>): string {
  const wanted = resolve(folder, options.text('cwd') ?? '.');
  try {
    return realpathSync(wanted);
  } catch (cause) {
    const message = `the folder ${wanted} cannot be used: it must exist and be readable`;
    throw new CarrelError('invalid_params', message, { data: { folder: wanted }, cause });
  }
}
