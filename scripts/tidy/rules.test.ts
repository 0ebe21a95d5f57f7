import { expect, test } from 'vitest';
import { MAY_IMPORT } from './layout.ts';
import { RULES } from './rules.ts';
import { parseSource } from './source.ts';

const PACKAGES = new Set(['zod', '@ai-sdk/openai']);

function findings(path: string, text: string): string[] {
  const source = parseSource(path, text);
  return RULES.flatMap((rule) => [...rule(source, PACKAGES)]).map(({ line, rule }) => `${rule}:${line}`);
}

const lines = (count: number): string => 'export const x = 1;\n'.repeat(count);

test.each([
  // path, text, findings
  ['src/base/a.ts', `import { x } from '../protocol/index.ts';`, ['table:1']],
  ['src/session/a.ts', `export {};\nimport type { S } from '../store/index.ts';`, ['table:2']],
  ['src/session/a.ts', `export type T = import('../store/index.ts').S;`, ['table:1']],
  ['src/model/a.ts', `const t = await import('../tool/index.ts');`, ['table:1']],
  ['src/model/a.ts', `export { t } from '../tool/index.ts';`, ['table:1']],
  ['src/host/a.ts', `import { s } from '../testing/index.ts';`, ['table:1']],
  ['src/host/a.test.ts', `import { s } from '../testing/index.ts';`, []],
  ['src/runtime/a.ts', `import { s } from '../session/index.ts';`, []],
  ['src/novel/a.ts', `export {};`, ['table:1']],
  ['src/cli/a.ts', `import { s } from '../store/sqlite/open.ts';`, ['door:1']],
  ['src/cli/a.ts', `import { s } from '../store/sqlite/index.ts';`, ['door:1']],
  ['src/cli/a.ts', `import { s } from '../client/node/index.ts';`, []],
  ['src/store/a.ts', `import { s } from './sqlite/open.ts';`, []],
  ['bench/a.ts', `import { s } from '../src/store/sqlite/open.ts';`, ['door:1']],
  ['src/store/a.ts', `import { contract } from './contract.ts';`, ['door:1']],
  ['src/store/a.test.ts', `import { contract } from './contract.ts';`, []],
  ['src/store/a.ts', `import { x } from './fixtures.ts';`, ['door:1']],
  ['src/store/a.ts', `import { x } from './lists.fixture.ts';`, ['door:1']],
  ['src/store/a.test.ts', `import { x } from './fixtures.ts';`, []],
  ['src/store/fixtures.ts', `import fc from 'fast-check';`, []],
  ['src/testing/a.test.ts', `import { contract } from '../store/contract.ts';`, []],
  ['src/model/a.test.ts', `import { contract } from '../store/contract.ts';`, []],
  ['src/store/index.ts', `export * from './port.ts';`, ['star:1']],
  ['src/store/index.ts', `export * as port from './port.ts';`, ['star:1']],
  ['src/model/a.ts', `import { z } from 'zod';\nimport { o } from '@ai-sdk/openai/internal';`, []],
  ['src/model/a.ts', `import leftPad from 'left-pad';`, ['packages:1']],
  ['src/base/a.ts', `import { z } from 'zod';`, ['packages:1']],
  ['src/model/a.ts', `import { test } from 'vitest';`, ['packages:1']],
  ['src/model/contract.ts', `import { test } from 'vitest';`, []],
  ['src/model/a.ts', lines(500), []],
  ['src/model/a.ts', lines(501), ['size:500']],
  ['src/model/a.test.ts', lines(800), []],
  ['src/model/a.test.ts', lines(801), ['size:800']],
  ['src/model/a.ts', `export class SessionManager {}`, ['class-name:1']],
  ['src/model/a.ts', `export const x = class FooHandler {};`, ['class-name:1']],
  ['src/model/a.ts', `export class Managers {}`, []],
  ['src/model/a.ts', `// eslint-disable-next-line no-console\nexport const x = 1;`, ['suppression:1']],
  ['src/model/a.ts', `/* oxlint-disable */ export const x = 'eslint-disable';`, ['suppression:1']],
  ['src/model/a.ts', `export const x = 1; // @ts-ignore`, ['suppression:1']],
])('%s with %s gives %j', (path, text, expected) => {
  expect(findings(path, text)).toEqual(expected);
});

test('the table has no cycle: every module imports only modules whose own imports it could list', () => {
  const order: string[] = [];
  const visit = (module: string, above: readonly string[]): void => {
    expect(above).not.toContain(module);
    for (const below of MAY_IMPORT[module] ?? []) visit(below, [...above, module]);
    order.push(module);
  };
  for (const module of Object.keys(MAY_IMPORT)) visit(module, []);
  expect(order).toContain('cli');
});

test('what does not parse is named', () => {
  expect(() => parseSource('src/base/a.ts', 'export const = 1;')).toThrow(/src\/base\/a\.ts/);
});
