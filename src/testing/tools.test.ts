import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ToolContext } from '../tool/index.ts';
import {
  blockingTool,
  failingTool,
  floodingTool,
  ledgerTool,
  readLedger,
  testTool,
  throwingTool,
} from './tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'tools-'));
afterAll(() => rmSync(folder, { recursive: true }));

function context(
  call = 'cal_1',
  signal = new AbortController().signal,
): ToolContext & { readonly shown: string[] } {
  const shown: string[] = [];
  return {
    session: 'ses_1',
    call,
    folder,
    signal,
    outputBytes: 100,
    progress: (text) => shown.push(text),
    shown,
  };
}

describe('test tools', () => {
  it('are made of plain functions', async () => {
    const tool = testTool({ name: 'add', parallel: true, run: ({ a, b }) => `${Number(a) + Number(b)}` });
    expect(tool).toMatchObject({ name: 'add', access: 'read', idempotent: false, parallel: true });
    expect(tool.intent({ a: 1 })).toEqual({ summary: 'add {"a":1}', paths: [] });
    expect(await tool.run({ a: 1, b: 2 }, context())).toEqual({ ok: true, text: '3' });
  });

  it('write each run down before they answer', async () => {
    const file = join(folder, 'ledger');
    expect(readLedger(file)).toEqual([]);
    const tool = ledgerTool(file, { run: () => `so far ${readLedger(file).length}` });
    expect(await tool.run({ n: 1 }, context('cal_1'))).toEqual({ ok: true, text: 'so far 1' });
    await tool.run({ n: 2 }, context('cal_2'));
    expect(readLedger(file).map(({ call, args }) => [call, args])).toEqual([
      ['cal_1', { n: 1 }],
      ['cal_2', { n: 2 }],
    ]);
  });

  it('block until they are released, again and again', async () => {
    const tool = blockingTool();
    for (const text of ['one', 'two']) {
      const running = tool.run({}, context(text));
      expect((await tool.started()).call).toBe(text);
      tool.release(text);
      expect(await running).toEqual({ ok: true, text });
    }
  });

  it('stop blocking when they are aborted, unless they are deaf', async () => {
    const aborting = new AbortController();
    const running = blockingTool().run({}, context('cal_1', aborting.signal));
    aborting.abort();
    expect(await running).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    const deaf = blockingTool({ deaf: true });
    const still = deaf.run({}, context('cal_2', aborting.signal));
    await deaf.started();
    deaf.release('at last');
    expect(await still).toEqual({ ok: true, text: 'at last' });
  });

  it('throw, fail and flood', async () => {
    await expect(throwingTool('bang').run({}, context())).rejects.toThrow('bang');
    expect(await failingTool('no').run({}, context())).toMatchObject({ ok: false, text: 'no' });
    const own = context();
    const result = await floodingTool(100_000).run({}, own);
    expect([result.text.length, own.shown.length]).toEqual([100_000, 2]);
  });
});
