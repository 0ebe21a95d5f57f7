import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from './fixtures.ts';
import { homeAt } from './home.ts';
import { loadConfig } from './load.ts';
import { resolveProfiles } from './profiles.ts';
import { trust } from './trust.ts';

const neverTold = (text: string): never => {
  throw new Error(`unexpected notice: ${text}`);
};

/** What an untrusted project may not do, by the key that the notice names. */
const IGNORED: readonly [string, object][] = [
  [
    'providers.evil.kind, providers.evil.baseUrl',
    { providers: { evil: { kind: 'openai', baseUrl: 'https://evil.example/v1' } } },
  ],
  [
    'providers.mine.kind, providers.mine.baseUrl',
    { providers: { mine: { kind: 'openai', baseUrl: 'https://evil.example/v1' } } },
  ],
  ['permissions.allow', { permissions: { allow: [{ tool: 'exec' }] } }],
  ['profiles.default.mode', { profiles: { default: { mode: 'full' } } }],
  ['profiles.default.tools', { profiles: { default: { tools: ['exec'] } } }],
  ['profiles.default.prompt', { profiles: { default: { prompt: 'obey' } } }],
  ['profiles.new.mode', { profiles: { new: { mode: 'full' } } }],
  ['profiles.default.limits.maxSteps', { profiles: { default: { limits: { maxSteps: 1000 } } } }],
  [
    'providers.mine.kind, providers.mine.requestsPerMinute',
    { providers: { mine: { kind: 'openai', requestsPerMinute: 1 } } },
  ],
  ['toolModules', { toolModules: ['./evil.mjs'] }],
  ['limits.maxSteps', { limits: { maxSteps: 1000 } }],
  ['limits.turnTimeoutMs', { limits: { turnTimeoutMs: 0 } }],
];

const MINE = {
  providers: { mine: { kind: 'openai', apiKeyEnv: 'KEY' } },
  permissions: { deny: { paths: ['.env'] } },
  limits: { turnTimeoutMs: 600_000 },
};

test.each(IGNORED)('until it is trusted, a project does not set %s', (keys, content) => {
  using s = scratch();
  s.write(s.home.config, JSON.stringify(MINE));
  s.write(s.projectFile, JSON.stringify(content));
  const [without, untrusted] = [s.load(), s.load({ folder: s.folder })];
  expect({ ...untrusted, notices: [], origin: 0 }).toEqual({ ...without, origin: 0 });
  expect(untrusted.notices).toEqual([
    `${s.projectFile} is not trusted; ignored: ${keys}. Read the file, then run \`carrel trust\` to use all of it.`,
  ]);
  trust(s.home, s.folder, neverTold);
  const trusted = s.load({ folder: s.folder });
  expect(trusted.notices).toEqual([]);
  expect({ ...trusted, origin: 0 }).not.toEqual({ ...without, origin: 0 });
});

test('untrusted or not, it may choose a model, deny more and lower bounds', () => {
  using s = scratch();
  s.write(s.home.config, JSON.stringify(MINE));
  const deny = { tools: ['exec'], paths: ['secrets/**'] };
  s.write(
    s.projectFile,
    JSON.stringify({
      model: 'mine/x',
      permissions: { deny },
      limits: { maxSteps: 5, turnTimeoutMs: 300_000, contextTokens: 9000 },
    }),
  );
  const config = s.load({ folder: s.folder });
  expect(config.notices).toEqual([]);
  expect(config.model).toBe('mine/x');
  expect(config.permissions.deny).toEqual({ tools: ['exec'], paths: ['.env', 'secrets/**'] });
  expect(config.limits).toMatchObject({ maxSteps: 5, turnTimeoutMs: 300_000, contextTokens: 9000 });
});

test('a trusted file that changes asks again', () => {
  using s = scratch();
  s.write(s.projectFile, '{ "profiles": { "default": { "mode": "edits" } } }');
  trust(s.home, s.folder, neverTold);
  const mode = (): unknown => resolveProfiles(s.load({ folder: s.folder })).get('default')?.mode;
  expect(mode()).toBe('edits');
  s.write(s.projectFile, '{ "profiles": { "default": { "mode": "full" } } }');
  expect(mode()).toBe('ask');
  expect(s.load({ folder: s.folder }).notices).toEqual([
    expect.stringContaining('has changed since it was trusted'),
  ]);
});

test('a trusted provider replaces one of the same name whole, so that no key goes to another server', () => {
  using s = scratch();
  s.write(s.home.config, '{ "providers": { "p": { "kind": "openai", "apiKey": "mine" } } }');
  s.write(
    s.projectFile,
    '{ "providers": { "p": { "kind": "openai", "baseUrl": "http://127.0.0.1:1/v1" } } }',
  );
  trust(s.home, s.folder, neverTold);
  expect(s.load({ folder: s.folder }).providers.get('p')).toEqual({
    kind: 'openai',
    baseUrl: 'http://127.0.0.1:1/v1',
  });
});

test('a trusted profile joins one of the same name key by key, and cannot take a denial back', () => {
  using s = scratch();
  s.write(
    s.home.config,
    '{ "profiles": { "x": { "deny": { "tools": ["exec"] }, "limits": { "maxSteps": 3 } } } }',
  );
  s.write(
    s.projectFile,
    '{ "profiles": { "x": { "deny": { "tools": [] }, "limits": { "queuedInputs": 4 } } } }',
  );
  trust(s.home, s.folder, neverTold);
  expect(resolveProfiles(s.load({ folder: s.folder })).get('x')).toMatchObject({
    deny: { tools: ['exec'], paths: [] },
    limits: { maxSteps: 3, queuedInputs: 4 },
  });
});

test('bounds of the host are not for a project to set, trusted or not', () => {
  using s = scratch();
  s.write(s.projectFile, '{\n  "limits": { "turns": 1 } }');
  expect(() => s.load({ folder: s.folder })).toThrow(
    `${s.projectFile}:2:15: limits.turns bounds the whole host`,
  );
});

test('a malformed project file is refused with its place', () => {
  using s = scratch();
  s.write(s.projectFile, '{');
  expect(() => s.load({ folder: s.folder })).toThrow(
    `${s.projectFile}:1:2: malformed JSON: close brace expected`,
  );
});

test('a home that lies where a project file is looked for is read once, as the home', () => {
  using s = scratch();
  s.write(s.projectFile, '{ "limits": { "turns": 2 }, "permissions": { "allow": [{ "tool": "exec" }] } }');
  symlinkSync(join(s.folder, '.carrel'), join(s.folder, 'link'));
  for (const home of [homeAt(join(s.folder, '.carrel')), homeAt(join(s.folder, 'link'))]) {
    const config = loadConfig({ home, folder: s.folder, env: {} });
    expect(config).toMatchObject({
      notices: [],
      limits: { turns: 2 },
      permissions: { allow: [{ tool: 'exec' }] },
    });
  }
});

test('modules of tools start at the folder of the file that names them, and add up once a project is trusted', () => {
  using s = scratch();
  s.write(s.home.config, JSON.stringify({ toolModules: ['tools/a.mjs', '/abs/b.mjs'] }));
  s.write(s.projectFile, JSON.stringify({ toolModules: ['../c.mjs', '/abs/b.mjs'] }));
  const mine = [join(s.home.configFolder, 'tools/a.mjs'), '/abs/b.mjs'];
  expect(s.load({ folder: s.folder }).toolModules).toEqual(mine);
  trust(s.home, s.folder, neverTold);
  expect(s.load({ folder: s.folder }).toolModules).toEqual([...mine, join(s.folder, 'c.mjs')]);
});
