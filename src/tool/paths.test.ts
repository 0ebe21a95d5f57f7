import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { editTool } from './builtin/edit.ts';
import { readTool } from './builtin/read.ts';
import { writeTool } from './builtin/write.ts';
import { testContext, testFolder, type TestFolder } from './fixtures.ts';
import { pathProblem, resolveInside } from './paths.ts';
import { openFile } from './pinned.ts';

const OUTSIDE = 'what lies outside';
const INSIDE = 'what lies inside';

let top: TestFolder;
let folder: string;
let outside: string;

beforeEach(async () => {
  top = await testFolder();
  folder = join(top.path, 'folder');
  outside = join(top.path, 'outside');
  await mkdir(join(folder, 'dir'), { recursive: true });
  await mkdir(outside);
  await writeFile(join(folder, 'dir/file'), INSIDE);
  await writeFile(join(outside, 'file'), OUTSIDE);
});
afterEach(() => top[Symbol.asyncDispose]());

describe('resolveInside', () => {
  it.each([
    ['dir/file', 'dir/file', []],
    ['./dir//file', 'dir/file', []],
    ['dir/../dir/file', 'dir/file', []],
    ['../folder/dir', 'dir', []],
    ['.', '', []],
    ['new/deep/file', 'new/deep/file', ['new', 'deep', 'file']],
    ['..x/y', '..x/y', ['..x', 'y']],
  ])('resolves %s', async (given, relative, missing) => {
    expect(await resolveInside(folder, given)).toMatchObject({ relative, missing, root: folder });
  });

  it('takes absolute paths that lie inside', async () => {
    expect(await resolveInside(folder, join(folder, 'dir'))).toMatchObject({ relative: 'dir' });
  });

  it('follows links that stay inside, and knows both names', async () => {
    await symlink('dir', join(folder, 'link'));
    expect(await resolveInside(folder, 'link/file')).toMatchObject({
      relative: 'dir/file',
      asked: 'link/file',
    });
  });

  it('takes a folder that is itself reached through a link', async () => {
    await symlink(folder, join(top.path, 'door'));
    expect(await resolveInside(join(top.path, 'door'), 'dir')).toMatchObject({ path: join(folder, 'dir') });
  });

  it.each([
    ['..', 'forbidden'],
    ['../outside/file', 'forbidden'],
    ['../folder-beside', 'forbidden'],
    ['dir/../../outside', 'forbidden'],
    ['/', 'forbidden'],
    ['/etc/passwd', 'forbidden'],
    ['', 'invalid_params'],
    ['a\0b', 'invalid_params'],
    ['x'.repeat(5000), 'invalid_params'],
    ['x'.repeat(300), 'invalid_params'],
    ['dir/file/below', 'invalid_params'],
  ])('refuses %s', async (given, code) => {
    await expect(resolveInside(folder, given)).rejects.toMatchObject({ code });
  });

  it.each([
    ['a link to a file outside', '../outside/file', 'link'],
    ['a link to a directory outside', '../outside', 'link/file'],
    ['an absolute link', '/etc', 'link/passwd'],
    ['a link to the folder above', '..', 'link/outside/file'],
    ['a new file behind a link', '../outside', 'link/new/file'],
    ['a dangling link inside', 'nowhere', 'link'],
    ['a dangling link to outside', '../outside/new', 'link'],
    ['a new file behind a dangling link', '../outside/new', 'link/file'],
    ['a link to itself', 'link', 'link'],
  ])('refuses %s', async (_what, target, given) => {
    await symlink(target, join(folder, 'link'));
    await expect(resolveInside(folder, given)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('says when the folder itself is gone', async () => {
    await expect(resolveInside(join(folder, 'gone'), 'a')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('pathProblem on Windows', () => {
  it.each([
    'con',
    'dir/NUL.txt',
    'aux .c',
    'com1',
    'LPT9.log',
    'C:file',
    'file:stream',
    '\\\\server\\share',
    '//server/share',
    '\\\\?\\C:\\x',
    'name.',
    'name ',
    'dir./x',
  ])('refuses %j', (given) => {
    expect(pathProblem(given, 'win32')).toBeDefined();
  });

  it.each(['C:\\dir\\file', 'c:/dir', 'dir\\file', 'console.log', '../x', '.', '.git', 'com10'])(
    'takes %j as text',
    (given) => {
      expect(pathProblem(given, 'win32')).toBeUndefined();
    },
  );

  it('leaves such names alone elsewhere', () => {
    expect(pathProblem('aux.c', 'linux')).toBeUndefined();
  });
});

describe('between check and use', () => {
  it('refuses a file that became a link', async () => {
    const place = await resolveInside(folder, 'dir/file');
    await rm(join(folder, 'dir/file'));
    await symlink(join(outside, 'file'), join(folder, 'dir/file'));
    await expect(openFile(place)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('refuses when a directory above became a link', async () => {
    await mkdir(join(folder, 'a/b'), { recursive: true });
    await writeFile(join(folder, 'a/b/file'), INSIDE);
    const place = await resolveInside(folder, 'a/b/file');
    await rename(join(folder, 'a'), join(folder, 'old'));
    await mkdir(join(outside, 'b'));
    await writeFile(join(outside, 'b/file'), OUTSIDE);
    await symlink(outside, join(folder, 'a'));
    await expect(openFile(place)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('refuses when the directory was moved out', async () => {
    const place = await resolveInside(folder, 'dir/file');
    await rename(join(folder, 'dir'), join(outside, 'dir'));
    await symlink(join(outside, 'dir'), join(folder, 'dir'));
    await expect(openFile(place)).rejects.toMatchObject({ code: 'invalid_params' });
  });

  it('never reads or writes outside while files and directories are swapped for links all the time', async () => {
    for (const top of [folder, outside]) await mkdir(join(top, 'dir/sub'), { recursive: true });
    await writeFile(join(outside, 'dir/sub/file'), OUTSIDE);
    await writeFile(join(folder, 'dir/sub/file'), INSIDE);
    await writeFile(join(folder, 'single'), INSIDE);
    await using directory = swapInTurns(join(folder, 'dir'), join(outside, 'dir'));
    await using file = swapInTurns(join(folder, 'single'), join(outside, 'file'));
    const context = testContext(folder);
    const texts = new Set<string>();
    for (let round = 0; round < 200; round++) {
      const read = await Promise.all([
        readTool.run({ path: 'dir/sub/file' }, context),
        readTool.run({ path: 'single' }, context),
      ]);
      for (const { ok, text } of read) if (ok) texts.add(text.slice(0, INSIDE.length));
      await Promise.all([
        writeTool.run({ path: `dir/sub/new${round % 5}`, text: INSIDE }, context),
        writeTool.run({ path: `dir/sub/deep${round}/new`, text: INSIDE }, context),
        editTool.run({ path: 'dir/sub/file', old: INSIDE, new: `${INSIDE}.` }, context),
        editTool.run({ path: 'single', old: INSIDE, new: `${INSIDE}.` }, context),
      ]);
    }
    expect([directory.failed(), file.failed()]).toEqual([undefined, undefined]);
    expect([...texts]).toEqual([INSIDE]);
    expect((await readdir(outside, { recursive: true })).toSorted()).toEqual([
      'dir',
      'dir/sub',
      'dir/sub/file',
      'file',
    ]);
    expect(await readFile(join(outside, 'dir/sub/file'), 'utf8')).toBe(OUTSIDE);
    expect(await readFile(join(outside, 'file'), 'utf8')).toBe(OUTSIDE);
  });
});

/** A thread that makes `path` a link to `target` and a directory again, as fast as it can. */
function swapInTurns(path: string, target: string): AsyncDisposable & { failed(): unknown } {
  const code = `
    const { renameSync, rmSync, symlinkSync } = require('node:fs');
    const { path, target } = require('node:worker_threads').workerData;
    symlinkSync(target, path + '.link');
    const put = (from) => {
      for (;;) {
        try { return renameSync(from, path); } catch { /* somebody made it anew */ }
        try { rmSync(path, { recursive: true, force: true }); } catch { /* and is filling it */ }
      }
    };
    for (;;) {
      renameSync(path, path + '.real'); put(path + '.link');
      for (let i = 0; i < 20000; i++);
      renameSync(path, path + '.link'); put(path + '.real');
      for (let i = 0; i < 20000; i++);
    }`;
  const worker = new Worker(code, { eval: true, workerData: { path, target } });
  let failure: unknown;
  worker.on('error', (error) => {
    failure = error;
  });
  return { failed: () => failure, [Symbol.asyncDispose]: async () => void (await worker.terminate()) };
}

type Planted = { readonly at: string; readonly link?: string };

describe('random trees of links', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const pathOf = fc
    .array(fc.oneof({ weight: 5, arbitrary: name }, fc.constantFrom('..', '.')), {
      minLength: 1,
      maxLength: 5,
    })
    .map((names) => names.join('/'));
  const target = fc.oneof(
    pathOf,
    pathOf.map((path) => `../outside/${path}`),
    fc.constantFrom('/etc', '..', '../..', '../outside', '.'),
  );
  const planted: fc.Arbitrary<Planted> = fc.record({ at: pathOf, link: target }, { requiredKeys: ['at'] });

  it('never show or change anything outside', async () => {
    const property = fc.asyncProperty(
      fc.array(planted, { minLength: 1, maxLength: 12 }),
      fc.array(pathOf, { minLength: 1, maxLength: 6 }),
      async (plants, asked) => {
        await rm(folder, { recursive: true });
        await mkdir(folder);
        for (const plant of plants) await put(plant);
        const context = testContext(folder);
        for (const path of asked) {
          const seen = await readTool.run({ path }, context);
          if (seen.ok && !seen.text.startsWith(INSIDE)) return false;
          await writeTool.run({ path, text: INSIDE }, context);
        }
        const left = await readdir(outside);
        return (
          left.length === 1 &&
          (await readFile(join(outside, 'file'), 'utf8')) === OUTSIDE &&
          (await readdir(top.path)).length === 2
        );
      },
    );
    const { counterexample } = await fc.check(property, { numRuns: 150 });
    expect(counterexample).toBeNull();
  });

  /** Puts a file or a link there, when its place is inside by its text and nothing is in the way. */
  async function put({ at, link }: Planted): Promise<void> {
    const path = join(folder, at);
    if (!path.startsWith(`${folder}/`)) return;
    try {
      const parent = await resolveInside(folder, dirname(path));
      await mkdir(parent.path, { recursive: true });
      if (link === undefined) await writeFile(path, INSIDE, { flag: 'wx' });
      else await symlink(link, path);
    } catch {
      return;
    }
  }
});
