// The rules that the linter and the compiler hold for us: one piece of code that breaks each, so that a rule cannot be
// lost by a slip in their configuration.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const long = `export function long(): void {\n${'  use();\n'.repeat(80)}}\n`;

const BROKEN: readonly (readonly [file: string, rule: string, text: string])[] = [
  ['src/base/any.ts', 'no-explicit-any', 'export const x = (y: any): unknown => y;'],
  ['src/base/ban.ts', 'ban-ts-comment', '// @ts-ignore\nexport const x = 1;'],
  ['src/base/console.ts', 'no-console', 'console.log(1);\nexport {};'],
  ['src/base/cycle-a.ts', 'no-cycle', `import type { B } from './cycle-b.ts';\nexport type A = B[];`],
  ['src/base/cycle-b.ts', 'no-cycle', `import type { A } from './cycle-a.ts';\nexport type B = A[];`],
  ['src/base/default.ts', 'no-default-export', 'export default 1;'],
  ['src/base/empty.ts', 'no-empty', 'try { use(); } catch {}\nexport {};'],
  ['src/base/eq.ts', 'eqeqeq', 'export const x = (y: unknown): boolean => y == 1;'],
  ['src/base/floating.ts', 'no-floating-promises', 'export const f = (): void => { Promise.resolve(1); };'],
  ['src/base/import.ts', 'consistent-type-imports', `import { A } from './any.ts';\nexport type B = A;`],
  ['src/base/long.ts', 'max-lines-per-function', long],
  ['src/base/NotKebab.ts', 'filename-case', 'export {};'],
  ['src/base/params.ts', 'max-params', 'export const f = (a: 1, b: 2, c: 3, d: 4): unknown => [a, b, c, d];'],
  ['src/base/space.ts', 'no-namespace', 'export namespace N { export const x = 1; }'],
  ['src/base/todo.ts', 'no-warning-comments', '// TODO later\nexport {};'],
  ['src/base/unused.ts', 'no-unused-vars', 'const x = 1;\nexport {};'],
  ['src/host/argv.ts', 'no-restricted-properties', 'export const x = process.argv[2];'],
  ['src/host/floor.ts', 'no-restricted-globals', 'export const x = new DisposableStack();'],
  ['src/host/env.ts', 'no-restricted-properties', `export const { HOME } = process.env;`],
  ['src/host/exit.ts', 'no-restricted-properties', 'export const x = (): never => process.exit(1);'],
  [
    'src/host/process.ts',
    'no-restricted-imports',
    `import { env } from 'node:process';\nexport const x = env;`,
  ],
  [
    'src/base/focused.test.ts',
    'no-focused-tests',
    `import { test } from 'vitest';\ntest.only('x', () => {});`,
  ],
  [
    'src/base/skipped.test.ts',
    'no-disabled-tests',
    `import { test } from 'vitest';\ntest.skip('x', () => {});`,
  ],
];

const PORTABLE: readonly (readonly [file: string, text: string])[] = [
  ['src/base/buffer.ts', 'export const x = Buffer.alloc(1);'],
  ['src/protocol/process.ts', 'export const x = process.pid;'],
  ['src/session/import.ts', `export { readFileSync } from 'node:fs';`],
  ['src/client/builtin.ts', `export { join } from 'path';`],
];

let tree: string;

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'carrel-lint-'));
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), text);
  };
  for (const [file, , text] of BROKEN) write(file, text);
  for (const [file, text] of PORTABLE) write(file, text);
  write('src/client/node/socket.ts', `export { connect } from 'node:net';`);
  for (const file of ['.oxlintrc.json', 'tsconfig.json', 'tsconfig.portable.json']) {
    write(file, readFileSync(join(ROOT, file), 'utf8'));
  }
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

function run(command: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin', command), args, {
    cwd: tree,
    encoding: 'utf8',
  });
  return stdout + stderr;
}

test('the linter finds what each file breaks', () => {
  const found = run('oxlint', ['--type-aware', '--format=unix', 'src']).split('\n');
  for (const [file, rule] of BROKEN) {
    const hits = found.filter((line) => line.includes(file) && line.includes(rule));
    expect(hits.length, `${rule} in ${file}`).toBeGreaterThan(0);
  }
});

test('the compiler finds Node where it must not be, and only there', () => {
  const found = run('tsc', ['-p', 'tsconfig.portable.json']);
  for (const [file] of PORTABLE) expect(found).toContain(file);
  expect(found).not.toContain('src/client/node');
});

test('the compiler refuses syntax that does not erase', () => {
  writeFileSync(join(tree, 'src/base/enum.ts'), 'export enum E { A }');
  expect(run('tsc', ['-p', '.'])).toMatch(/src\/base\/enum\.ts.*TS1294/);
});
