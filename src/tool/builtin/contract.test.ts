import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toolContract, type ToolCase } from '../contract.ts';
import { testFolder } from '../fixtures.ts';
import { builtinTools } from './index.ts';

const TOOLS = new Map(builtinTools().map((tool) => [tool.name, tool]));
/** A pattern that needs longer than anyone has. */
const HOSTILE_PATTERN = '^(a+)+$';

const CASES: Readonly<Record<string, Omit<ToolCase, 'tool' | 'folder' | typeof Symbol.asyncDispose>>> = {
  read: {
    good: { path: 'a.txt' },
    bad: [
      '{}',
      '{"path": 1}',
      '{"path": "a", "offset": 0}',
      '{"path": "a", "limit": 1.5}',
      '{"path": "a", "x": 1}',
    ],
    failing: { path: 'missing' },
    flooding: { path: 'long.txt' },
  },
  list: {
    good: {},
    bad: ['{"path": null}', '{"recursive": true}'],
    failing: { path: 'a.txt' },
    flooding: { path: 'many' },
  },
  glob: {
    good: { pattern: '*.txt' },
    bad: ['{}', '{"pattern": ""}', `{"pattern": "${'x'.repeat(2000)}"}`],
    failing: { pattern: '*', path: 'missing' },
    flooding: { pattern: 'many/*' },
  },
  grep: {
    good: { pattern: 'one', ignoreCase: true },
    bad: ['{}', '{"pattern": 1}', '{"pattern": "a", "ignoreCase": "yes"}'],
    failing: { pattern: '(' },
    lasting: { pattern: HOSTILE_PATTERN },
    flooding: { pattern: 'line' },
  },
  write: {
    good: { path: 'new/b.txt', text: 'two\n' },
    bad: ['{}', '{"path": "a"}', '{"path": "a", "text": null}'],
    failing: { path: 'many', text: '' },
  },
  edit: {
    good: { path: 'a.txt', old: 'one', new: 'two' },
    bad: ['{"path": "a", "old": "", "new": "b"}', '{"path": "a", "old": "b"}'],
    failing: { path: 'a.txt', old: 'missing', new: '' },
  },
  exec: {
    good: { command: 'echo hello' },
    bad: ['{}', '{"command": ""}', '{"command": "a\\u0000b"}', '{"command": "a", "timeoutMs": 0}'],
    failing: { command: 'exit 3' },
    lasting: { command: 'sleep 1000' },
    flooding: { command: 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done' },
  },
  spawn: {
    good: { prompt: 'look', name: 'digger', tools: ['read'], mode: 'read', maxSteps: 3 },
    bad: [
      '{}',
      '{"prompt": ""}',
      '{"prompt": " "}',
      '{"prompt": "a", "name": "12"}',
      '{"prompt": "a", "name": "a b"}',
      '{"prompt": "a", "mode": "any"}',
      '{"prompt": "a", "tools": "read"}',
      '{"prompt": "a", "maxSteps": 0}',
    ],
  },
  message: {
    good: { to: 'other', text: 'hello', delivery: 'steer' },
    bad: [
      '{"to": "other"}',
      '{"text": "hello"}',
      '{"to": "", "text": "a"}',
      '{"to": "a", "text": " "}',
      '{"to": "a", "text": "b", "delivery": 1}',
    ],
  },
};

for (const [name, tool] of TOOLS) {
  toolContract(name, async () => {
    const folder = await testFolder();
    await writeFile(join(folder.path, 'a.txt'), `one\n${'a'.repeat(60)}!\n`);
    await writeFile(join(folder.path, 'long.txt'), 'line\n'.repeat(40_000));
    await mkdir(join(folder.path, 'many'));
    const names = Array.from({ length: 120 }, (_, index) => `${index}-${'x'.repeat(200)}`);
    await Promise.all(names.map((file) => writeFile(join(folder.path, 'many', file), '')));
    const own = CASES[name];
    if (own === undefined) throw new Error(`no case for the tool "${name}"`);
    return { tool, folder: folder.path, ...own, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
  });
}
