import { access, constants, realpath, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { CarrelError } from '../protocol/index.ts';

/** The folder's real path, so that one folder has one name. Refuses what is not an absolute path of a readable folder. */
export async function readableFolder(folder: string): Promise<string> {
  if (!isAbsolute(folder))
    throw new CarrelError('invalid_params', `The folder ${JSON.stringify(folder)} is not an absolute path.`);
  try {
    const real = await realpath(folder);
    if (!(await stat(real)).isDirectory())
      throw new CarrelError('invalid_params', `${folder} is not a folder.`);
    await access(real, constants.R_OK | constants.X_OK);
    return real;
  } catch (cause) {
    if (cause instanceof CarrelError) throw cause;
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new CarrelError(
      'invalid_params',
      `The folder ${folder} cannot be used (${why}): it must exist and be readable.`,
      { cause },
    );
  }
}
