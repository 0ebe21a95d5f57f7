// Two sessions of one folder, and a file that both want to change.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blockingTool, openTestHost, type TestHost } from '../testing/index.ts';
import { builtinTools } from '../tool/index.ts';
import { FAMILY, planned, results, spawn } from './children.fixture.ts';
import { happened, until } from './fixtures.ts';
import { scriptedModel } from '../model/index.ts';

const write = (text: string) => ({ call: 'write', args: { path: 'plan.md', text } });
const FILES = builtinTools().filter(({ name }) => name === 'read' || name === 'write');

const PLAN = {
  'write and wait': [[write('one')], [{ call: 'block', args: {} }], [{ text: 'done' }]],
  write: [[write('two')], [{ text: 'done' }]],
  'look and write': [[{ call: 'read', args: { path: 'plan.md' } }], [write('three')], [{ text: 'done' }]],
  'write and hand on': [[write('mine')], [spawn('look and write')], [{ text: 'done' }]],
};

async function open(): Promise<{ test: TestHost; block: ReturnType<typeof blockingTool> }> {
  const block = blockingTool({ name: 'block' });
  const model = scriptedModel({ answers: planned(PLAN) });
  return { test: await openTestHost({ model, tools: [...FILES, ...FAMILY, block] }), block };
}

describe('files of a folder that sessions share', () => {
  it('are kept by a turn at work, and free when it rests', async () => {
    const { test, block } = await open();
    await using _test = test;
    const [a, b] = [await test.session({ name: 'a' }), await test.session({ name: 'b' })];
    await a.send('write and wait');
    await block.started();
    expect(test.host.inspect().locks).toMatchObject([{ name: 'a', path: join(test.folder, 'plan.md') }]);
    await until(b.run('write'), ({ type }) => type === 'turn.finished');
    expect(await results(test, b.id)).toMatchObject([expect.stringMatching(/being changed by session a/)]);
    await a.cancel();
    await happened(a, 'turn.finished');
    expect(test.host.inspect().locks).toEqual([]);
    await until(b.run('look and write'), ({ type }) => type === 'turn.finished');
    expect(await readFile(join(test.folder, 'plan.md'), 'utf8')).toBe('three');
  });

  it('are free for a child while its parent waits for it', async () => {
    const { test } = await open();
    await using _test = test;
    await writeFile(join(test.folder, 'plan.md'), 'there before');
    const parent = await test.session();
    await until(parent.run('write and hand on'), ({ type }) => type === 'turn.finished');
    expect(await readFile(join(test.folder, 'plan.md'), 'utf8')).toBe('three');
    expect(test.host.inspect().locks).toEqual([]);
  });
});
