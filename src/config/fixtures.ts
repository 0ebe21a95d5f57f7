// For tests of this module: a home and a project in a folder that goes away.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { toErrorInfo, type ErrorInfo } from '../protocol/index.ts';
import { homeAt, PROJECT_CONFIG, type Home } from './home.ts';
import { loadConfig, type LoadOptions } from './load.ts';
import type { Config } from './layers.ts';

export interface Scratch extends Disposable {
  readonly home: Home;
  /** The folder of the project; it exists. */
  readonly folder: string;
  readonly projectFile: string;
  write(path: string, content: string | Uint8Array): void;
  load(options?: Omit<LoadOptions, 'home' | 'env'> & { env?: LoadOptions['env'] }): Config;
}

export function scratch(): Scratch {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'carrel-config-')));
  const home = homeAt(join(root, 'home'));
  const folder = join(root, 'project');
  mkdirSync(folder);
  return {
    home,
    folder,
    projectFile: join(folder, PROJECT_CONFIG),
    write(path, content) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content, { mode: 0o600 });
    },
    load: (options) => loadConfig({ home, env: {}, ...options }),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** What an act refuses with. */
export function refusalOf(act: () => unknown): ErrorInfo {
  try {
    act();
  } catch (error) {
    return toErrorInfo(error);
  }
  throw new Error('nothing was refused');
}
