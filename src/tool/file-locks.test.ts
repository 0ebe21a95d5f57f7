import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { editTool } from './builtin/edit.ts';
import { readTool } from './builtin/read.ts';
import { writeTool } from './builtin/write.ts';
import { FileLocks } from './file-locks.ts';
import { testContext, testFolder, type TestFolder } from './fixtures.ts';
import type { Tool } from './port.ts';

let folder: TestFolder;
let locks: FileLocks;
beforeEach(async () => {
  folder = await testFolder();
  locks = new FileLocks({ now: () => 0 });
});
afterEach(() => folder[Symbol.asyncDispose]());

const TOOLS = { read: readTool, write: writeTool, edit: editTool } as const;
const ARGS = {
  read: { path: 'a' },
  write: { path: 'a', text: 'written' },
  edit: { path: 'a', old: 'e', new: 'E', all: true },
} as const;

type Action = keyof typeof TOOLS | 'rest' | 'outside' | 'gone';

async function act(who: string, action: Action): Promise<string> {
  if (action === 'rest') locks.release(`ses_${who}`);
  else if (action === 'outside') await writeFile(join(folder.path, 'a'), 'somewhere else');
  else if (action === 'gone') await rm(join(folder.path, 'a'));
  else {
    const tool: Tool = TOOLS[action];
    const files = locks.of({ session: `ses_${who}`, name: who });
    const result = await tool.run(ARGS[action], testContext(folder.path, { files }));
    if (!result.ok) return `${result.error.code}: ${result.error.message}`;
    return result.text.split('\n').slice(1).join(' ') || 'ok';
  }
  return 'ok';
}

describe('a file that several sessions change', () => {
  it.each<[string, string, RegExp]>([
    [
      'is kept by the turn that changed it',
      'A write, B write',
      /^conflict: "a" is being changed by session A/,
    ],
    [
      'is kept from edits too',
      'A write, B edit',
      /^conflict: "a" is being changed by session A \(ses_A\), since/,
    ],
    ['may be read meanwhile', 'A write, B read', /^ok$/],
    ['may be changed by the same session again', 'A write, A write, A edit', /^ok$/],
    ['is free when that turn rests', 'A write, A rest, B edit', /^\[session A .* has changed it since/],
    [
      'is kept by the first of two',
      'A write, B write, A rest, B read, B write, A write',
      /^conflict: .*session B/,
    ],
    ['is not replaced unseen', 'A write, A rest, B write', /^conflict: session A .* has changed "a" since/],
    ['is replaced by who has read it', 'A write, A rest, B read, B write', /^ok$/],
    [
      'is replaced again only when read again',
      'A write, A rest, B read, B write, B rest, A write',
      /^conflict: session B/,
    ],
    ['is not replaced when a program changed it', 'A read, A outside, A write', /^conflict: somebody else/],
    ['may be replaced by who never saw it', 'A outside, B write', /^ok$/],
    ['may be made again when it is gone', 'A write, A rest, B read, B gone, B write', /^ok$/],
  ])('%s', async (_what, script, last) => {
    await writeFile(join(folder.path, 'a'), 'there before');
    const said: string[] = [];
    for (const line of script.split(', ')) {
      const [who, action] = line.split(' ') as [string, Action];
      said.push(await act(who, action));
    }
    expect(said.at(-1)).toMatch(last);
  });

  it('is listed with who keeps it, and no more than that', async () => {
    await act('A', 'write');
    await act('B', 'read');
    const path = join(folder.path, 'a');
    expect(locks.list()).toEqual([{ path, session: 'ses_A', name: 'A', since: 0 }]);
    await act('A', 'rest');
    expect(locks.list()).toEqual([]);
  });
});
