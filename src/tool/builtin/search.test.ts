import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testContext, testFolder, type TestFolder } from '../fixtures.ts';
import type { ToolContext, ToolResult } from '../port.ts';
import { builtinTools } from './index.ts';

let folder: TestFolder;
const tools = new Map(builtinTools().map((tool) => [tool.name, tool]));
const run = async (name: string, args: object, more: Partial<ToolContext> = {}): Promise<ToolResult> => {
  const tool = tools.get(name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool.run({ ...args }, testContext(folder.path, more));
};
const linesOf = async (name: string, args: object, more: Partial<ToolContext> = {}): Promise<string[]> =>
  (await run(name, args, more)).text.split('\n');

const FILES: Readonly<Record<string, string | Buffer>> = {
  'README.md': 'Hello\nneedle in a haystack\n',
  'src/a.ts': 'const a = 1;\r\nconst needle = 2;\r\n',
  'src/deep/b.ts': 'NEEDLE',
  'src/data.bin': Buffer.from('needle\0needle'),
  '.github/ci.yml': 'needle: true',
  '.git/config': 'needle',
  'node_modules/x/index.js': 'needle',
  '.env': 'needle=secret',
};

beforeEach(async () => {
  folder = await testFolder();
  for (const [path, content] of Object.entries(FILES)) {
    await mkdir(join(folder.path, path, '..'), { recursive: true });
    await writeFile(join(folder.path, path), content);
  }
  await symlink('/etc', join(folder.path, 'out'));
  await symlink('src', join(folder.path, 'in'));
});
afterEach(() => folder[Symbol.asyncDispose]());

describe('list', () => {
  it('shows names, sizes and where links lead, and says what it left out', async () => {
    expect(await linesOf('list', {})).toEqual([
      '.env 13',
      '.github/',
      'README.md 27',
      'in -> src',
      'out -> /etc',
      'src/',
      '[left out: .git, node_modules]',
    ]);
  });

  it('lists what it left out when it is named', async () => {
    expect(await linesOf('list', { path: 'node_modules' })).toEqual(['x/']);
  });

  it('leaves out what a rule denies', async () => {
    expect((await run('list', {}, { deny: ['.env', 'src'] })).text).not.toMatch(/\.env|src\//);
  });

  it('quotes names that would break their line', async () => {
    await mkdir(join(folder.path, 'dir'));
    await writeFile(join(folder.path, 'dir', 'a\nb'), '');
    expect(await linesOf('list', { path: 'dir' })).toEqual(['"a\\nb" 0']);
  });

  it('refuses what leads out and what is no directory', async () => {
    expect(await run('list', { path: 'out' })).toMatchObject({ ok: false, error: { code: 'forbidden' } });
    expect((await run('list', { path: 'README.md' })).text).toContain(
      '"README.md" is not a directory: use read',
    );
  });

  it('says that a directory is empty', async () => {
    await mkdir(join(folder.path, 'empty'));
    expect(await linesOf('list', { path: 'empty' })).toEqual(['[the directory is empty]']);
  });
});

describe('glob', () => {
  it.each([
    [{ pattern: '**/*.ts' }, ['src/a.ts', 'src/deep/b.ts']],
    [{ pattern: './src/*.ts' }, ['src/a.ts']],
    [{ pattern: '*.ts', path: 'src' }, ['src/a.ts']],
    [{ pattern: '*.ts', path: 'in' }, ['src/a.ts']],
    [{ pattern: '.github/**' }, ['.github/ci.yml']],
    [{ pattern: 'node_modules/**' }, ['node_modules/x/index.js']],
    [{ pattern: '../**' }, []],
    [{ pattern: '**/passwd' }, []],
  ])('finds %j', async (args, files) => {
    const lines = await linesOf('glob', args);
    expect(lines.filter((line) => !line.startsWith('['))).toEqual(files);
  });

  it('says what it passed by', async () => {
    const lines = await linesOf('glob', { pattern: '*.md' }, { deny: ['.env'] });
    expect(lines).toEqual([
      'README.md',
      '[left out: .git, node_modules]',
      '[links not followed: 2]',
      '[left out because a rule denies them: 1]',
    ]);
  });

  it('stops a hostile pattern at its deadline', async () => {
    await writeFile(join(folder.path, 'a'.repeat(200)), '');
    const result = await run(
      'glob',
      { pattern: '+(+(+(a)))b'.repeat(3) },
      { signal: AbortSignal.timeout(200) },
    );
    expect(result.ok ? 'ok' : result.error.code).toMatch(/ok|timeout/);
  });
});

describe('grep', () => {
  it('finds lines, with their place, and says what it passed by', async () => {
    expect(await linesOf('grep', { pattern: 'needle' })).toEqual([
      '.env:1: needle=secret',
      'README.md:2: needle in a haystack',
      '.github/ci.yml:1: needle: true',
      'src/a.ts:2: const needle = 2;',
      '[left out: .git, node_modules]',
      '[links not followed: 2]',
      '[binary files not searched: 1]',
    ]);
  });

  it.each([
    [{ pattern: '^needle', path: 'src', ignoreCase: true }, ['src/deep/b.ts:1: NEEDLE']],
    [{ pattern: 'a$', path: 'README.md' }, []],
    [{ pattern: '2;$', path: 'src/a.ts' }, ['src/a.ts:2: const needle = 2;']],
    [{ pattern: 'needle', path: '.git' }, ['.git/config:1: needle']],
  ])('searches %j', async (args, expected) => {
    const lines = await linesOf('grep', args);
    expect(lines.filter((line) => !line.startsWith('['))).toEqual(expected);
  });

  it('never shows what a rule denies', async () => {
    expect((await run('grep', { pattern: 'needle' }, { deny: ['.env', 'src/**'] })).text).not.toMatch(
      /secret|const/,
    );
  });

  it('shows a line that could move the cursor as harmless text', async () => {
    await writeFile(join(folder.path, 'evil'), 'find \u001b[2J me');
    expect(await linesOf('grep', { pattern: 'find', path: 'evil' })).toEqual(['evil:1: find me']);
  });

  it('shows the part of a long line that matched, and counts lines right behind it', async () => {
    await writeFile(join(folder.path, 'long'), `${'x'.repeat(3_000_000)}needle\nneedle\n`);
    const lines = await linesOf('grep', { pattern: 'needle', path: 'long' });
    expect(lines[0]).toMatch(/^long:1: x+needle$/);
    expect(lines[1]).toBe('long:2: needle');
  });

  it('says that nothing matches', async () => {
    expect((await run('grep', { pattern: 'no such thing' })).text).toContain('[nothing matches]');
  });

  it('leaves the loop free while a hostile pattern runs, and stops it at its deadline', async () => {
    await writeFile(join(folder.path, 'trap'), `${'a'.repeat(60)}!`);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const result = await run(
      'grep',
      { pattern: '^(a+)+$', path: 'trap' },
      { signal: AbortSignal.timeout(300) },
    );
    clearInterval(timer);
    expect(result).toMatchObject({ ok: false, error: { code: 'timeout' } });
    expect(turns).toBeGreaterThan(5);
    expect((await run('grep', { pattern: 'a', path: 'trap' })).ok).toBe(true);
  });

  it('runs many searches at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 6 }, () => run('grep', { pattern: 'needle', path: 'src' })),
    );
    expect(results.every((result) => result.ok)).toBe(true);
  });

  it('says what is wrong with a pattern', async () => {
    expect(await run('grep', { pattern: '(' })).toMatchObject({
      ok: false,
      error: { code: 'invalid_params' },
    });
  });

  it.each(['glob', 'grep'])('%s refuses to start where nothing is', async (name) => {
    expect(await run(name, { pattern: 'x', path: 'missing' })).toMatchObject({
      ok: false,
      error: { code: 'not_found' },
    });
  });
});
