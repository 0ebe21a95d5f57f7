import { execFileSync } from 'node:child_process';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testContext, testFolder, type TestFolder } from '../fixtures.ts';
import type { ToolResult } from '../port.ts';
import { readTool } from './read.ts';

let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const put = (content: string | Uint8Array): Promise<void> => writeFile(join(folder.path, 'file'), content);
const read = (more: { offset?: number; limit?: number } = {}, shownBytes = 16 * 1024): Promise<ToolResult> =>
  readTool.run({ path: 'file', ...more }, testContext(folder.path, { shownBytes }));

describe('read', () => {
  it('gives a small file as it is', async () => {
    await put('one\r\ntwo');
    expect(await read()).toEqual({ ok: true, text: 'one\r\ntwo' });
  });

  it('says that a file is empty', async () => {
    await put('');
    expect((await read()).text).toBe('[the file is empty]');
  });

  it.each([
    [{ offset: 2, limit: 1 }, 'two\n[lines 2 to 2 of a file of 14 bytes; go on with offset 3]'],
    [{ limit: 2 }, 'one\ntwo\n[lines 1 to 2 of a file of 14 bytes; go on with offset 3]'],
    [{ offset: 3 }, 'three\n\n[lines 3 to 3, the end of the file]'],
    [{ limit: 3 }, 'one\ntwo\nthree\n'],
  ])('gives the lines asked for: %j', async (wanted, text) => {
    await put('one\ntwo\nthree\n');
    expect((await read(wanted)).text).toBe(text);
  });

  it('refuses an offset beyond the end, and says where that is', async () => {
    await put('one\ntwo\nthree');
    expect(await read({ offset: 4 })).toMatchObject({
      ok: false,
      error: { code: 'invalid_params', message: '"file" has 3 lines: offset 4 is beyond its end' },
    });
  });

  it.each([
    ['PNG image', Buffer.from('89504e470d0a1a0a', 'hex')],
    ['ELF program', Buffer.from('7f454c46', 'hex')],
    ['binary data', Buffer.from('text\0text')],
    ['UTF-16 text', Buffer.from('\ufefftext', 'utf16le')],
  ])('refuses %s with its kind and size', async (kind, content) => {
    await put(content);
    const result = await read();
    expect(result.text).toContain(`${kind} of ${content.length} bytes`);
    expect(result).toMatchObject({ ok: false, error: { code: 'invalid_params' } });
  });

  it('shows what is not UTF-8 and says so', async () => {
    await put(Buffer.from('caf\u00e9\n', 'latin1'));
    expect((await read()).text).toBe('caf\ufffd\n\n[what is not UTF-8 is shown as \ufffd]');
  });

  it('refuses a pipe at once, although nobody writes to it', async () => {
    execFileSync('mkfifo', [join(folder.path, 'file')]);
    expect(await read()).toMatchObject({ ok: false, error: { code: 'forbidden' } });
  });

  it('reads a page of a file that is larger than memory likes', async () => {
    await put(`first\nsecond\n${'third '.repeat(2000)}`);
    await truncate(join(folder.path, 'file'), 3 * 1024 ** 3);
    expect((await read({ limit: 2 })).text).toBe(
      'first\nsecond\n[lines 1 to 2 of a file of 3221225472 bytes; go on with offset 3]',
    );
  });

  it('cuts a line that is longer than a page between characters, and goes on behind it', async () => {
    await put(`${'ä'.repeat(5000)}\nnext`);
    const { text, cut } = await read({}, 2048);
    expect(cut).toBe(true);
    expect(text).toMatch(
      /^ä+\n\[line 1 is too long for a page and was cut; the next read starts with offset 2\]$/,
    );
    expect((await read({ offset: 2 }, 2048)).text).toContain('next');
  });

  it('gives every line exactly once to whoever follows its pages', async () => {
    const line = fc
      .string({ unit: 'grapheme', maxLength: 60 })
      .map((text) => text.replaceAll(/[\n\r\0]/g, ' '));
    const property = fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 120 }),
      fc.integer({ min: 800, max: 2000 }),
      async (lines, shownBytes) => {
        await put(`x${lines.join('\n')}`);
        const pages: string[] = [];
        for (let offset: number | undefined = 1; offset !== undefined;) {
          const { text } = await read({ offset }, shownBytes);
          pages.push(text.replace(/\n\[lines \d+ to .*\]$/, ''));
          const next: string | undefined = /go on with offset (\d+)\]$/.exec(text)?.[1];
          offset = next === undefined ? undefined : Number(next);
        }
        return pages.join('\n') === `x${lines.join('\n')}`;
      },
    );
    const { counterexample } = await fc.check(property, { numRuns: 60, examples: [[['\ufffd'], 800]] });
    expect(counterexample).toBeNull();
  });
});
