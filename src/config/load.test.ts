import { chmodSync, mkdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeOf } from '../protocol/index.ts';
import { refusalOf, scratch } from './fixtures.ts';
import { DEFAULT_HOST_LIMITS, DEFAULT_SESSION_LIMITS } from './limits.ts';
import { describeOrigin } from './problem.ts';
import { redacted } from './redact.ts';

test('without any source everything is default', () => {
  using s = scratch();
  const config = s.load({ folder: s.folder });
  expect(config).toMatchObject({
    model: 'auto',
    limits: { ...DEFAULT_HOST_LIMITS, ...DEFAULT_SESSION_LIMITS },
    notices: [],
  });
  expect(config.origin('limits.turns')).toEqual({ kind: 'default' });
});

test.each(['', '\ufeff', '  \r\n', '// nothing yet\n', '{}', '{ "model": "auto", /* c */ }'])(
  'nothing is set by %j',
  (text) => {
    using s = scratch();
    s.write(s.home.config, text);
    expect(s.load()).toMatchObject({ model: 'auto', notices: [] });
  },
);

test('the later source wins, and every value knows where it came from', () => {
  using s = scratch();
  s.write(
    s.home.config,
    '\ufeff{\r\n  "model": "a/home",\r\n  "limits": { "turns": 3,\r\n\t"maxSteps": 40, "toolTimeoutMs": 5000 }\r\n}',
  );
  s.write(s.projectFile, '{ "model": "a/project", "limits": { "maxSteps": 30 } }');
  const config = s.load({
    folder: s.folder,
    env: { CARREL_MODEL: 'a/env', CARREL_MAX_STEPS: '20', CARREL_TURN_TIMEOUT: '10m', CARREL_TURNS: '' },
    flags: { 'limits.maxSteps': 10 },
  });
  expect(config.model).toBe('a/env');
  expect(config.limits).toMatchObject({
    turns: 3,
    maxSteps: 10,
    toolTimeoutMs: 5000,
    turnTimeoutMs: 600_000,
    parallelTools: 8,
  });
  const from = (key: string): string => describeOrigin(config.origin(key));
  expect(from('model')).toBe('environment CARREL_MODEL');
  expect(from('limits.maxSteps')).toBe('flag --max-steps');
  expect(from('limits.turns')).toBe(`${s.home.config}:3:24`);
  expect(from('limits.toolTimeoutMs')).toBe(`${s.home.config}:4:35`);
  expect(from('limits.parallelTools')).toBe('default');
});

test('a flag for one run is not measured against the other bounds', () => {
  using s = scratch();
  expect(s.load({ flags: { 'limits.turnTimeoutMs': '10s' } }).limits.turnTimeoutMs).toBe(10_000);
});

/** Each text of a home's file, the start of the message behind the file's name, and what the data says. */
const REFUSED: readonly [string, string, object][] = [
  ['{\n  "model": "a/b"\n  "limits": {}\n}', ':3:3: malformed JSON: comma expected', { line: 3, column: 3 }],
  ['{ "model": "a', ':1:12: malformed JSON: unexpected end of string', {}],
  ['/* open', ':1:1: malformed JSON: unexpected end of comment', {}],
  ['{/*', ':1:2: malformed JSON: unexpected end of comment', {}],
  ['[]', ':1:1: the configuration is a list; it must be an object', {}],
  [
    '{\r\n  "limits": { "turns": 0 }\r\n}',
    ':2:24: limits.turns is 0; it must be a whole number from 1 to 512 (turns)',
    { key: 'limits.turns', value: '0', minimum: 1, maximum: 512, line: 2, column: 24 },
  ],
  [
    '{ "limits": { "turns": "24" } }',
    ':1:24: limits.turns is "24"; it must be a whole number',
    { key: 'limits.turns' },
  ],
  ['{ "limits": { "turns": 1.5 } }', ':1:24: limits.turns is 1.5; it must be a whole number', {}],
  ['{ "limits": { "turns": 1e999 } }', ':1:24: limits.turns is Infinity; it must be', {}],
  [
    '{ "limits": { "contextTokens": 5 } }',
    ':1:32: limits.contextTokens is 5; it must be a whole number from 1000 to 10000000 (tokens), or 0',
    {},
  ],
  ['{ "limits": null }', ':1:13: limits is null; it must be an object', {}],
  ['{ "modle": "a/b" }', ':1:3: unknown key "modle"; did you mean "model"?', { key: 'modle' }],
  [
    '{ "limits": { "maxStep": 3 } }',
    ':1:15: unknown key "limits.maxStep"; did you mean "limits.maxSteps"?',
    {},
  ],
  ['{ "zebra": 1 }', ':1:3: unknown key "zebra"', {}],
  ['{ "model": "a/b",\n "model": "a/c" }', ':2:2: duplicate key "model"', { line: 2 }],
  ['{ "__proto__": {} }', ':1:3: unknown key "__proto__"', {}],
  ['{ "profiles": { "__proto__": { "mode": "full" } } }', ':1:17: unknown key "__proto__"', {}],
  ['{ "model": "nobody" }', ':1:12: model is "nobody"; it must be "auto" or "PROVIDER/MODEL"', {}],
  ['{ "profiles": { "12": {} } }', ':1:17: profiles has the name "12"; it may hold', {}],
  [
    '{ "profiles": { "x": { "mode": "yolo" } } }',
    ':1:32: profiles.x.mode is "yolo"; it must be one of "read", "ask", "edits", "full"',
    {},
  ],
  [
    '{ "profiles": { "x": { "prompt": ["a", 1] } } }',
    ':1:34: profiles.x.prompt is a list; it must be a text, or a list of lines',
    {},
  ],
  [
    '{ "profiles": { "x": { "limits": { "maxSteps": 1001 } } } }',
    ':1:48: profiles.x.limits.maxSteps is 1001; it must be a whole number from 1 to 1000',
    {},
  ],
  [
    '{ "permissions": { "deny": { "tools": ["a", 2] } } }',
    ':1:45: permissions.deny.tools[1] is 2; permissions.deny.tools must be a list of names',
    {},
  ],
  ['{ "providers": { "p": {} } }', ':1:23: providers.p.kind is missing; it must be one of', {}],
  [
    '{ "providers": { "p": { "kind": "openai-compatible" } } }',
    ':1:23: providers.p.baseUrl is missing; a provider of kind',
    {},
  ],
  ['{ "providers": { "offline": { "kind": "openai" } } }', ':1:18: providers has the name "offline"', {}],
  [
    '{ "providers": { "p": { "kind": "openai", "apiKey": "k", "apiKeyEnv": "K" } } }',
    ':1:71: providers.p.apiKeyEnv stands beside apiKey',
    {},
  ],
  [
    '{ "limits": { "turnTimeoutMs": 60000 } }',
    ':1:32: limits.toolTimeoutMs is 120000 (default); it must be less than limits.turnTimeoutMs, which is 60000',
    { maximum: 60_000 },
  ],
  [
    '{ "limits": { "toolOutputBytes": 8192 } }',
    ':1:34: limits.toolContextBytes is 16384 (default); it must be at most limits.toolOutputBytes',
    {},
  ],
];

test.each(REFUSED)('refuses %j', (text, message, data) => {
  using s = scratch();
  s.write(s.home.config, text);
  const refusal = refusalOf(() => s.load());
  expect(refusal).toMatchObject({ code: 'invalid_params', data: { file: s.home.config, ...data } });
  expect(refusal.message).toContain(s.home.config + message);
});

test('all problems of a file are told at once, in the order of their places, up to ten', () => {
  using s = scratch();
  s.write(s.home.config, '{ "limits": { "turns": 0 },\n "modle": 1,\n "model": 2 }');
  const message = (): string => refusalOf(() => s.load()).message;
  expect(
    message()
      .split('\n')
      .map((line) => line.replace(s.home.config, '')),
  ).toEqual([
    ':1:24: limits.turns is 0; it must be a whole number from 1 to 512 (turns)',
    ':2:2: unknown key "modle"; did you mean "model"?',
    ':3:11: model is 2; it must be "auto" or "PROVIDER/MODEL"',
  ]);
  s.write(
    s.home.config,
    JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, 1]))),
  );
  expect(message().split('\n')).toHaveLength(11);
});

test('nesting that would exhaust the stack is refused', () => {
  using s = scratch();
  s.write(s.home.config, '['.repeat(500_000));
  expect(() => s.load()).toThrow(`${s.home.config}:1:33: nested deeper than 32 levels`);
});

test('text that is not UTF-8 is refused', () => {
  using s = scratch();
  s.write(s.home.config, new Uint8Array([0xff, 0xfe, 0x7b, 0x00]));
  expect(() => s.load()).toThrow(`${s.home.config}:1:1: not UTF-8 text`);
});

test('a folder in the place of the file is refused', () => {
  using s = scratch();
  mkdirSync(s.home.config, { recursive: true });
  expect(() => s.load()).toThrow(`Cannot read ${s.home.config}: it is a folder, not a file`);
});

test.each([
  [{ env: { CARREL_MODEL: 'nobody' } }, 'environment CARREL_MODEL: model is "nobody"'],
  [
    { env: { CARREL_MAX_STEPS: 'many' } },
    'environment CARREL_MAX_STEPS: limits.maxSteps is "many"; it must be a whole number',
  ],
  [{ env: { CARREL_TURNS: '0' } }, 'environment CARREL_TURNS: limits.turns is 0'],
  [{ flags: { 'limits.maxSteps': 100_000 } }, 'flag --max-steps: limits.maxSteps is 100000'],
  [{ flags: { 'limits.turnTimeoutMs': '5 parsecs' } }, 'flag --timeout: limits.turnTimeoutMs is "5 parsecs"'],
])('refuses %j, and says which it was', (options, message) => {
  using s = scratch();
  expect(() => s.load(options)).toThrow(message);
});

const SECRET = 'sk-sesame';

test.each([
  { kind: 'openai', apiKey: SECRET, apiKeyEnv: SECRET },
  { kind: 'openai', apiKeyEnv: SECRET },
  { kind: 'openai', apiKey: [SECRET] },
  { kind: 'openai', baseUrl: `https://user:${SECRET}@host/v1` },
  { kind: 'openai', headers: { 'X-Key': `${SECRET}\n` } },
  { kind: 'openai', headers: SECRET },
  { kind: 'openai', models: SECRET },
  SECRET,
])('a wrong value that may be a secret is not shown: %j', (provider) => {
  using s = scratch();
  s.write(s.home.config, JSON.stringify({ providers: { p: provider } }));
  expect(JSON.stringify(refusalOf(() => s.load()))).not.toContain(SECRET);
});

test('what is printed holds no secret', () => {
  using s = scratch();
  const provider = {
    kind: 'openai',
    baseUrl: `https://h/v1?key=${SECRET}`,
    apiKey: SECRET,
    headers: { 'X-Key': SECRET },
  };
  s.write(s.home.config, JSON.stringify({ providers: { p: provider }, profiles: { x: { mode: 'read' } } }));
  const config = s.load();
  expect(config.providers.get('p')?.apiKey).toBe(SECRET);
  expect(redacted(config)).toMatchObject({
    providers: {
      p: {
        kind: 'openai',
        baseUrl: 'https://h/v1?(hidden)',
        apiKey: '(hidden)',
        headers: { 'X-Key': '(hidden)' },
      },
    },
    profiles: { x: { mode: 'read' } },
    limits: DEFAULT_HOST_LIMITS,
  });
  expect(JSON.stringify(redacted(config))).not.toContain(SECRET);
});

test('a key in a file that others may read is worth a notice', () => {
  using s = scratch();
  s.write(s.home.config, '{ "providers": { "p": { "kind": "openai", "apiKey": "k" } } }');
  expect(s.load().notices).toEqual([]);
  chmodSync(s.home.config, 0o644);
  expect(s.load().notices).toEqual([expect.stringContaining('chmod 600')]);
});

test('no text of a file ends in anything but a configuration or a refusal', () => {
  using s = scratch();
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"model"',
    '"limits"',
    '"turns"',
    '"a/b"',
    '3',
    'null',
    '//',
    '/*',
    '\n',
    '"\\u0000"',
    '\ud800',
  );
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.array(pieces, { maxLength: 20 }).map((list) => list.join('')),
  );
  fc.assert(
    fc.property(text, (content) => {
      s.write(s.home.config, content);
      try {
        s.load();
      } catch (error) {
        expect(codeOf(error)).toBe('invalid_params');
      }
    }),
  );
});
