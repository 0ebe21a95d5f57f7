import { execFileSync } from 'node:child_process';
import { chmod, link, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CarrelError } from '../../protocol/index.ts';
import { testContext, testFolder, type TestFolder } from '../fixtures.ts';
import type { ToolResult } from '../port.ts';
import { editTool } from './edit.ts';
import { withTarget } from './target.ts';
import { writeTool } from './write.ts';

let folder: TestFolder;
const at = (path: string): string => join(folder.path, path);
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const write = (path: string, text: string): Promise<ToolResult> =>
  writeTool.run({ path, text }, testContext(folder.path));

describe('write', () => {
  it('creates a file and the directories above it', async () => {
    expect(await write('a/b/c.txt', 'grüß')).toEqual({ ok: true, text: 'created a/b/c.txt: 6 bytes' });
    expect(await readFile(at('a/b/c.txt'), 'utf8')).toBe('grüß');
  });

  it('replaces the content, keeps the mode and leaves nothing beside it', async () => {
    await writeFile(at('run.sh'), 'old');
    await chmod(at('run.sh'), 0o754);
    expect((await write('run.sh', 'new')).text).toBe('replaced run.sh: 3 bytes');
    expect((await stat(at('run.sh'))).mode & 0o7777).toBe(0o754);
    expect(await readdir(folder.path)).toEqual(['run.sh']);
  });

  it('follows a link that stays inside, and leaves the link', async () => {
    await writeFile(at('real'), 'old');
    await symlink('real', at('link'));
    await write('link', 'new');
    expect(await readFile(at('real'), 'utf8')).toBe('new');
  });

  it('leaves the other name of a hard link as it was', async () => {
    await writeFile(at('one'), 'old');
    await link(at('one'), at('two'));
    await write('one', 'new');
    expect(await readFile(at('two'), 'utf8')).toBe('old');
  });

  it('refuses the folder, a directory and a pipe', async () => {
    await mkdir(at('dir'));
    execFileSync('mkfifo', [at('pipe')]);
    expect(await write('.', '')).toMatchObject({ ok: false, error: { code: 'invalid_params' } });
    expect(await write('dir', '')).toMatchObject({ ok: false, error: { code: 'invalid_params' } });
    expect(await write('pipe', '')).toMatchObject({ ok: false, error: { code: 'forbidden' } });
  });

  it('refuses what a rule denies, also when it runs without having been judged', async () => {
    const context = testContext(folder.path, { deny: ['.env'] });
    expect(await writeTool.run({ path: 'a/.env', text: '' }, context)).toMatchObject({
      ok: false,
      error: { code: 'forbidden' },
    });
  });

  it('refuses with conflict what someone else changed meanwhile, and keeps their change', async () => {
    await writeFile(at('file'), 'old');
    const mine = withTarget(testContext(folder.path), 'file', async ({ replace }) => {
      await writeFile(at('file'), 'theirs, longer');
      await replace(Buffer.from('mine'));
    });
    await expect(mine).rejects.toMatchObject({ code: 'conflict' });
    expect(await readFile(at('file'), 'utf8')).toBe('theirs, longer');
    expect(await readdir(folder.path)).toEqual(['file']);
  });

  it('refuses with conflict to replace a file that came into being meanwhile', async () => {
    const mine = withTarget(testContext(folder.path), 'file', async ({ replace }) => {
      await writeFile(at('file'), 'theirs');
      await replace(Buffer.from('mine'));
    });
    await expect(mine).rejects.toMatchObject({ code: 'conflict' });
  });

  it('does not start under a signal that is aborted already', async () => {
    const context = testContext(folder.path, { signal: AbortSignal.abort() });
    expect(await writeTool.run({ path: 'file', text: '' }, context)).toMatchObject({
      ok: false,
      error: { code: 'cancelled' },
    });
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('changes nothing once it was aborted', async () => {
    await writeFile(at('file'), 'old');
    const controller = new AbortController();
    const reason = new CarrelError('cancelled', 'stopped by a test');
    const mine = withTarget(
      testContext(folder.path, { signal: controller.signal }),
      'file',
      ({ replace }) => {
        controller.abort(reason);
        return replace(Buffer.from('new'));
      },
    );
    await expect(mine).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readFile(at('file'), 'utf8')).toBe('old');
    expect(await readdir(folder.path)).toEqual(['file']);
  });
});

describe('edit', () => {
  const edit = (args: { old: string; new: string; all?: boolean }): Promise<ToolResult> =>
    editTool.run({ path: 'file', ...args }, testContext(folder.path));
  const refused = (message: RegExp): object => ({
    ok: false,
    error: { code: 'invalid_params', message: expect.stringMatching(message) as string },
  });

  it('replaces the one match and says where', async () => {
    await writeFile(at('file'), 'a\nb\nc\n');
    expect((await edit({ old: 'b\n', new: 'B\n\n' })).text).toBe('edited file: 1 place, line 2');
    expect(await readFile(at('file'), 'utf8')).toBe('a\nB\n\nc\n');
  });

  it('takes replacements literally', async () => {
    await writeFile(at('file'), 'x = OLD;');
    await edit({ old: 'OLD', new: "$& $1 $' \\n" });
    expect(await readFile(at('file'), 'utf8')).toBe("x = $& $1 $' \\n;");
  });

  it('refuses several matches and names their lines, unless all are meant', async () => {
    await writeFile(at('file'), 'a\nb\na\na');
    expect(await edit({ old: 'a', new: 'c' })).toMatchObject(
      refused(/matches 3 times in "file" \(lines 1, 3, 4\)/),
    );
    expect((await edit({ old: 'a', new: 'c', all: true })).text).toBe('edited file: 3 places');
    expect(await readFile(at('file'), 'utf8')).toBe('c\nb\nc\nc');
  });

  it.each([
    ['  return total;\n', 'return  total;', /matches 0 times.*nearest is line 1: return total;/],
    ['one\r\ntwo\r\n', 'one\ntwo', /its lines end in \\r\\n/],
    ['something else', 'zzz', /matches 0 times in "file": read the file/],
  ])('refuses no match with a hint: %j', async (content, old, message) => {
    await writeFile(at('file'), content);
    expect(await edit({ old, new: '' })).toMatchObject(refused(message));
    expect(await readFile(at('file'), 'utf8')).toBe(content);
  });

  it('refuses to do nothing, to touch what is not UTF-8, and a file that is not there', async () => {
    await writeFile(at('file'), Buffer.from([0x61, 0xff, 0x62]));
    expect(await edit({ old: 'a', new: 'a' })).toMatchObject(refused(/are the same/));
    expect(await edit({ old: 'a', new: 'c' })).toMatchObject(refused(/not UTF-8/));
    const missing = await editTool.run({ path: 'none', old: 'a', new: 'b' }, testContext(folder.path));
    expect(missing).toMatchObject({ ok: false, error: { code: 'not_found' } });
  });

  it('keeps a byte order mark and line ends', async () => {
    await writeFile(at('file'), '\ufeffa\r\nb\r\n');
    await edit({ old: 'b', new: 'c' });
    expect(await readFile(at('file'), 'utf8')).toBe('\ufeffa\r\nc\r\n');
  });

  it('loses no edit of many at once', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `<${index}>`);
    await writeFile(at('file'), names.join(''));
    await Promise.all(names.map((name) => edit({ old: name, new: name.toUpperCase() + name })));
    expect(await readFile(at('file'), 'utf8')).toBe(names.map((name) => name + name).join(''));
  });
});
