import { readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { editConfig, valueFromText } from './edit.ts';
import { refusalOf, scratch } from './fixtures.ts';

const EDITS: readonly [string, string | undefined, string, unknown, string][] = [
  ['a new file', undefined, 'limits.turns', 3, '{\n  "limits": {\n    "turns": 3\n  }\n}\n'],
  ['an empty file', '', 'model', 'a/b', '{\n  "model": "a/b"\n}\n'],
  [
    'comments',
    '{\n  // mine\n  "model": "a/b", // why\n}\n',
    'model',
    'a/c',
    '{\n  // mine\n  "model": "a/c", // why\n}\n',
  ],
  [
    'tabs and CRLF',
    '{\r\n\t"model": "a/b"\r\n}',
    'limits.turns',
    3,
    '{\r\n\t"model": "a/b",\r\n\t"limits": {\r\n\t\t"turns": 3\r\n\t}\r\n}',
  ],
  ['a byte order mark', '\ufeff{ "model": "a/b" }', 'model', 'a/c', '\ufeff{ "model": "a/c" }'],
  [
    'a value taken out',
    '{\n  "model": "a/b",\n  "limits": {}\n}',
    'model',
    undefined,
    '{\n  "limits": {}\n}',
  ],
  [
    'a wrong value made right',
    '{ "limits": { "turns": 0 } }',
    'limits.turns',
    1,
    '{ "limits": { "turns": 1 } }',
  ],
  [
    'a name with a dot',
    '{ "providers": { "p": { "kind": "openai" } } }',
    'providers.p.models."gpt-4.1".tools',
    true,
    '{\n  "providers": {\n    "p": {\n      "kind": "openai",\n      "models": {\n        "gpt-4.1": {\n          "tools": true\n        }\n      }\n    }\n  }\n}',
  ],
];

test.each(EDITS)('keeps everything else: %s', (_name, before, key, value, after) => {
  using s = scratch();
  if (before !== undefined) s.write(s.home.config, before);
  editConfig(s.home, [{ key, value }]);
  expect(readFileSync(s.home.config, 'utf8')).toBe(after);
  expect(statSync(s.home.config).mode & 0o777).toBe(0o600);
});

test('several changes are made together or not at all', () => {
  using s = scratch();
  const provider = { kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:8080/v1' };
  editConfig(s.home, [
    { key: 'providers.local', value: provider },
    { key: 'model', value: 'local/qwen3' },
  ]);
  expect(s.load()).toMatchObject({ model: 'local/qwen3', providers: new Map([['local', provider]]) });
  const text = readFileSync(s.home.config, 'utf8');
  const half = [
    { key: 'model', value: 'a/b' },
    { key: 'limits.turns', value: 0 },
  ];
  expect(() => editConfig(s.home, half)).toThrow(
    'the new value: limits.turns is 0; it must be a whole number from 1 to 512',
  );
  expect(readFileSync(s.home.config, 'utf8')).toBe(text);
});

const REFUSED: readonly [string, string, unknown, string][] = [
  ['{}', 'modle', 'a/b', 'the new value: unknown key "modle"; did you mean "model"?'],
  ['{}', 'providers.p', { kind: 'openai-compatible' }, 'the new value: providers.p.baseUrl is missing'],
  [
    '{}',
    'limits.turnTimeoutMs',
    60_000,
    'the new value: limits.toolTimeoutMs is 120000 (default); it must be less than',
  ],
  [
    '{}',
    'profiles.x.limits.turnTimeoutMs',
    60_000,
    'the new value: profiles.x.limits.toolTimeoutMs is 120000',
  ],
  ['{}', '__proto__.x', 1, 'unknown key "__proto__"'],
  ['{', 'model', 'a/b', ':1:2: malformed JSON'],
  ['{ "modle": 1 }', 'model', 'a/b', ': unknown key "modle"'],
];

test.each(REFUSED)('into %j does not write %s %j', (before, key, value, message) => {
  using s = scratch();
  s.write(s.home.config, before);
  const refusal = refusalOf(() => editConfig(s.home, [{ key, value }]));
  expect(refusal.code).toBe('invalid_params');
  expect(refusal.message).toContain(message);
  expect(readFileSync(s.home.config, 'utf8')).toBe(before);
});

test('a configuration kept elsewhere behind a link is read, but not replaced', () => {
  using s = scratch();
  const kept = join(s.folder, 'dotfiles.jsonc');
  s.write(kept, '{ "model": "a/b" }');
  s.write(join(s.home.configFolder, 'x'), '');
  symlinkSync(kept, s.home.config);
  expect(s.load().model).toBe('a/b');
  expect(refusalOf(() => editConfig(s.home, [{ key: 'model', value: 'a/c' }])).code).toBe('forbidden');
});

test.each([
  ['limits.toolTimeoutMs', '90s', 90_000],
  ['limits.approvalMs', '1.5 d', 129_600_000],
  ['limits.toolTimeoutMs', '1500', 1500],
  ['limits.toolOutputBytes', '64KiB', 65_536],
  ['limits.turns', '3', 3],
  ['limits.turns', '3s', '3s'],
  ['limits.turns', '', ''],
  ['profiles.x.haltOnDenied', 'true', true],
  ['profiles.x.haltOnDenied', 'yes', 'yes'],
  ['profiles.x.temperature', '0.5', 0.5],
  ['profiles.x.tools', 'read, list', ['read', 'list']],
  ['permissions.allow', '[{"tool":"exec"}]', [{ tool: 'exec' }]],
  ['permissions.allow', '[oops', '[oops'],
  ['model', ' a/b ', 'a/b'],
  ['providers.p', '{"kind":"openai"}', { kind: 'openai' }],
  ['providers.p', 'openai', 'openai'],
])('as %s, the text %j stands for %j', (key, text, value) => {
  expect(valueFromText(key, text)).toEqual(value);
});
