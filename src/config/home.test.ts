import { expect, test } from 'vitest';
import { findHome, homeAt, type Surroundings } from './home.ts';

const HOMES: readonly [string, Partial<Surroundings>, { config: string; database: string } | string][] = [
  ['linux', {}, { config: '/u/.config/carrel/config.jsonc', database: '/u/.local/share/carrel/carrel.db' }],
  [
    'linux with XDG folders',
    { env: { XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d' } },
    { config: '/c/carrel/config.jsonc', database: '/d/carrel/carrel.db' },
  ],
  [
    'linux with a relative XDG folder, which does not count',
    { env: { XDG_CONFIG_HOME: 'c', XDG_DATA_HOME: '' } },
    { config: '/u/.config/carrel/config.jsonc', database: '/u/.local/share/carrel/carrel.db' },
  ],
  [
    'macOS',
    { platform: 'darwin', env: { XDG_CONFIG_HOME: '/c' } },
    {
      config: '/u/Library/Application Support/carrel/config.jsonc',
      database: '/u/Library/Application Support/carrel/carrel.db',
    },
  ],
  [
    'Windows',
    { platform: 'win32', homedir: 'C:\\u', env: { APPDATA: 'C:\\r', LOCALAPPDATA: 'C:\\l' } },
    { config: 'C:\\r\\carrel\\config.jsonc', database: 'C:\\l\\carrel\\carrel.db' },
  ],
  [
    'Windows without its variables',
    { platform: 'win32', homedir: 'C:\\u' },
    {
      config: 'C:\\u\\AppData\\Roaming\\carrel\\config.jsonc',
      database: 'C:\\u\\AppData\\Local\\carrel\\carrel.db',
    },
  ],
  ['CARREL_HOME', { env: { CARREL_HOME: '/x/' } }, { config: '/x/config.jsonc', database: '/x/carrel.db' }],
  [
    'an empty CARREL_HOME',
    { env: { CARREL_HOME: '' } },
    { config: '/u/.config/carrel/config.jsonc', database: '/u/.local/share/carrel/carrel.db' },
  ],
  [
    'a relative CARREL_HOME',
    { env: { CARREL_HOME: 'x' } },
    'CARREL_HOME is "x"; it must be an absolute path',
  ],
  ['no folder of the user', { homedir: '' }, 'set CARREL_HOME to an absolute path'],
];

test.each(HOMES)('the home: %s', (_name, around, expected) => {
  const find = (): unknown => findHome({ env: {}, platform: 'linux', homedir: '/u', ...around });
  if (typeof expected === 'string') expect(find).toThrow(expected);
  else expect(find()).toMatchObject(expected);
});

test('a home in one folder holds every file under the name that users know', () => {
  const { configFolder, dataFolder, ...files } = homeAt('/h');
  expect([configFolder, dataFolder]).toEqual(['/h', '/h']);
  expect(Object.values(files)).toEqual([
    '/h/config.jsonc',
    '/h/carrel.db',
    '/h/blobs',
    '/h/transcripts',
    '/h/token',
    '/h/tokens.json',
    '/h/audit.jsonl',
    '/h/daemon.json',
    '/h/health.json',
    '/h/daemon.sock',
    '/h/logs',
    '/h/permissions.json',
    '/h/trusted.json',
  ]);
});
