// Where everything lives. Pure: the environment, the platform and the user's folder are handed in.
import { posix, win32 } from 'node:path';
import { CarrelError } from '../protocol/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Surroundings {
  readonly env: Environment;
  /** As Node names it: `linux`, `darwin`, `win32`. */
  readonly platform: string;
  /** The user's own folder. */
  readonly homedir: string;
}

/** The places of one home; absolute, none of them promised to exist. */
export interface Home {
  readonly configFolder: string;
  readonly dataFolder: string;
  readonly config: string;
  readonly database: string;
  readonly blobs: string;
  readonly transcripts: string;
  readonly token: string;
  /** Digests of named tokens. */
  readonly tokens: string;
  readonly audit: string;
  /** Where the daemon is, while one runs. */
  readonly daemon: string;
  /** How it is, for those who read files. */
  readonly health: string;
  /** Path of the daemon's local socket, or on Windows the name of its pipe. */
  readonly socket: string;
  readonly logs: string;
  /** What people allowed for always. */
  readonly grants: string;
  /** Folders whose configuration is trusted. */
  readonly trusted: string;
}

/** The configuration of a project, below its folder. */
export const PROJECT_CONFIG = '.carrel/config.jsonc';

/**
 * `CARREL_HOME`, which then holds everything; else the folders of the platform, configuration apart from data where it
 * keeps them apart. `invalid_params` when `CARREL_HOME` is not absolute: it would name another home in every folder.
 */
export function findHome(around: Surroundings): Home {
  const path = around.platform === 'win32' ? win32 : posix;
  const chosen = around.env['CARREL_HOME'] ?? '';
  if (chosen !== '') {
    if (!path.isAbsolute(chosen)) {
      const message = `CARREL_HOME is ${JSON.stringify(chosen)}; it must be an absolute path`;
      throw new CarrelError('invalid_params', message, { data: { key: 'CARREL_HOME', value: chosen } });
    }
    return homeAt(path.normalize(chosen), path);
  }
  const { config, data } = platformFolders(around, path);
  return places(config, data, path);
}

/** A home in one folder. */
export function homeAt(folder: string, path: typeof posix = posix): Home {
  return places(folder, folder, path);
}

function platformFolders(around: Surroundings, path: typeof posix): { config: string; data: string } {
  if (!path.isAbsolute(around.homedir)) {
    throw new CarrelError(
      'invalid_params',
      'The folder of the user is not known; set CARREL_HOME to an absolute path',
    );
  }
  const inHome = (...names: string[]): string => path.join(around.homedir, ...names);
  // A relative value is ignored, as the XDG specification demands.
  const from = (name: string, otherwise: string): string => {
    const value = around.env[name] ?? '';
    return path.join(path.isAbsolute(value) ? value : otherwise, 'carrel');
  };
  if (around.platform === 'win32') {
    return {
      config: from('APPDATA', inHome('AppData', 'Roaming')),
      data: from('LOCALAPPDATA', inHome('AppData', 'Local')),
    };
  }
  if (around.platform === 'darwin') {
    const folder = inHome('Library', 'Application Support', 'carrel');
    return { config: folder, data: folder };
  }
  return {
    config: from('XDG_CONFIG_HOME', inHome('.config')),
    data: from('XDG_DATA_HOME', inHome('.local', 'share')),
  };
}

function places(configFolder: string, dataFolder: string, path: typeof posix): Home {
  const data = (name: string): string => path.join(dataFolder, name);
  return {
    configFolder,
    dataFolder,
    config: path.join(configFolder, 'config.jsonc'),
    database: data('carrel.db'),
    blobs: data('blobs'),
    transcripts: data('transcripts'),
    token: data('token'),
    tokens: data('tokens.json'),
    audit: data('audit.jsonl'),
    daemon: data('daemon.json'),
    health: data('health.json'),
    socket: path === win32 ? pipeName(dataFolder) : data('daemon.sock'),
    logs: data('logs'),
    grants: data('permissions.json'),
    trusted: data('trusted.json'),
  };
}

/** Pipes have one flat space of names. */
function pipeName(dataFolder: string): string {
  return `\\\\.\\pipe\\carrel-${dataFolder.replace(/[^A-Za-z0-9]+/g, '-')}`;
}
