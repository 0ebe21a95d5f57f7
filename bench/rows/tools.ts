// Five rounds of a tool that does nothing: what is left is the loop and its syncs. A round needs two: the intent before the tool
// starts, the result before the model sees it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { scriptedModel } from '../../src/model/index.ts';
import type { Tool } from '../../src/tool/index.ts';
import { builtinTools } from '../../src/tool/index.ts';
import { benchHost, median, only, scratch, times, wallMs, type Row } from '../measure.ts';

export const ROUNDS = 5;
/** Input, then an intent and a result for each round, then the end of the turn. */
export const SYNCS = 2 + 2 * ROUNDS;
const RUNS = 15;

const nothing: Tool = {
  name: 'nothing',
  description: 'Does nothing.',
  parameters: { type: 'object' },
  access: 'write',
  idempotent: false,
  parallel: false,
  intent: () => ({ summary: 'nothing', paths: [] }),
  run: () => Promise.resolve({ ok: true, text: 'done' }),
};

/** As many appends of a page, each synced, as the rounds need. */
export function syncFloor(folder: string): Promise<number> {
  const fd = openSync(join(folder, 'floor'), 'a');
  const page = Buffer.alloc(4_096);
  return wallMs(() => {
    for (let n = 0; n < SYNCS; n++) {
      writeSync(fd, page);
      fsyncSync(fd);
    }
    closeSync(fd);
    return Promise.resolve();
  });
}

/** As many shells that do nothing, started from this process and waited for. */
export function shellFloor(): Promise<number> {
  return wallMs(async () => {
    for (let n = 0; n < ROUNDS; n++) await once(spawn('/bin/sh', ['-c', 'true']), 'exit');
  });
}

export async function toolRows(): Promise<readonly Row[]> {
  using home = scratch();
  const shell = builtinTools({ environment: process.env }).find(({ name }) => name === 'exec');
  const rounds = async (
    tool: Tool,
    args: Record<string, string>,
  ): Promise<{ took: number; floor: number }> => {
    const model = scriptedModel({
      answers: (request) =>
        request.messages.length < 2 * ROUNDS + 1 ? [{ call: tool.name, args }] : [{ text: 'done' }],
    });
    using own = scratch();
    await using bench = await benchHost(own.path, { models: only(model), model: model.id, tools: [tool] });
    const turn = async (): Promise<number> => {
      const session = await bench.host.create({ folder: home.path });
      return wallMs(async () => {
        await session.send('go');
        await session.settled();
      });
    };
    await turn();
    const pairs: { took: number; floor: number }[] = [];
    for (let n = 0; n < RUNS; n++) pairs.push({ took: await turn(), floor: await syncFloor(own.path) });
    return { took: median(pairs.map(({ took }) => took)), floor: median(pairs.map(({ floor }) => floor)) };
  };
  const idle = await rounds(nothing, {});
  const rows: Row[] = [
    {
      name: '5 tool rounds, no-op',
      value: idle.took,
      unit: 'ms',
      floor: { name: `${String(SYNCS)} synced appends`, value: idle.floor },
      limit: idle.floor + 10,
    },
  ];
  if (shell !== undefined) {
    const real = await rounds(shell, { command: 'true' });
    const shells = median(await times(RUNS, shellFloor));
    rows.push({
      name: '5 tool rounds, real shell',
      value: real.took,
      unit: 'ms',
      floor: {
        name: `${String(ROUNDS)} bare shells, ${String(SYNCS)} synced appends`,
        value: shells + real.floor,
      },
      limit: 80,
    });
  }
  return rows;
}
