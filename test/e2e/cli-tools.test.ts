// Tools of one's own, from a module that the configuration names.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ViewItem } from '../../src/protocol/index.ts';
import { startProviderServer } from '../../src/testing/index.ts';
import { Desk, lines } from './cli.ts';

const MODULE = `
const base = { description: 'For a test.', parameters: { type: 'object' }, access: 'read' };
export const fine = { ...base, name: 'fine', run: (args, { folder }) => 'fine in ' + folder + ' ' + process.env.MINE + process.env.TEST_KEY };
export const eats = { ...base, name: 'eats', run: () => { for (const held = []; ; ) held.push(1); } };
export const odd = { ...base, name: 'odd', parameters: { type: 'object', properties: 7 } , run: () => 'never' };
export const read = { ...base, name: 'read', run: () => 'not the real one' };
export const wrong = { ...base, name: 'wrong', access: 'all', run: () => 'never' };
`;

interface Listed {
  readonly name: string;
  readonly problem?: string;
}

function configure(desk: Desk, more: object): void {
  mkdirSync(desk.home, { recursive: true, mode: 0o700 });
  writeFileSync(join(desk.home, 'tools.mjs'), MODULE);
  const config = { toolModules: ['tools.mjs', 'missing.mjs'], limits: { toolMemoryMb: 64 }, ...more };
  writeFileSync(join(desk.home, 'config.jsonc'), JSON.stringify(config), { mode: 0o600 });
}

describe('tools of one’s own', () => {
  it('are listed, and so is what cannot be called, with the reason', async () => {
    using desk = new Desk();
    configure(desk, {});
    const all = await desk.json<readonly Listed[]>(['tools']);
    const problemsOf = (name: string): readonly (string | undefined)[] =>
      all.filter((row) => row.name.endsWith(name)).map(({ problem }) => problem);
    expect(problemsOf('fine')).toEqual([undefined]);
    expect(problemsOf('read')).toEqual([undefined]);
    expect(problemsOf('odd')).toEqual([expect.stringContaining('bad schema')]);
    expect(problemsOf('tools.mjs')).toEqual([
      expect.stringContaining('its access must be'),
      expect.stringContaining('there is a tool named "read" already'),
    ]);
    expect(problemsOf('missing.mjs')).toEqual([expect.stringContaining('cannot be used')]);
    expect((await desk.run(['tools'])).stdout).toMatch(/odd .*problem: .*bad schema/);
  });

  it('run for a model, see no key of a provider, and fail alone', async () => {
    using desk = new Desk();
    await using server = await startProviderServer();
    desk.env['TEST_KEY'] = server.apiKey;
    desk.env['MINE'] = 'mine';
    const kind = 'openai-compatible';
    const local = { kind, baseUrl: server.baseUrl(kind), apiKeyEnv: 'TEST_KEY', models: { m: {} } };
    configure(desk, {
      model: 'local/m',
      providers: { local },
      profiles: { default: { tools: ['fine', 'eats'] } },
    });
    server.script([
      [{ call: { tool: 'fine', args: {} } }],
      [{ call: { tool: 'eats', args: {} } }],
      [{ text: 'done' }],
    ]);
    const { code, stdout, stderr } = await desk.run(['run', '--json', 'go']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('missing.mjs')]);
    const results = lines<ViewItem>(stdout).filter((item) => item.type === 'tool.finished');
    expect(results).toMatchObject([
      { data: { status: 'ok', output: { text: `fine in ${desk.folder} mineundefined` } } },
      {
        data: {
          status: 'error',
          error: { code: 'tool_failed', message: expect.stringContaining('64 MiB') as string },
        },
      },
    ]);
  });

  it('of a project are ignored until it is trusted', async () => {
    using desk = new Desk();
    mkdirSync(join(desk.folder, '.carrel'));
    desk.write('.carrel/tools.mjs', MODULE);
    desk.write('.carrel/config.jsonc', '{ "toolModules": ["tools.mjs"] }');
    const has = async (): Promise<boolean> =>
      (await desk.json<readonly Listed[]>(['tools'])).some(({ name }) => name === 'fine');
    expect(await has()).toBe(false);
    expect((await desk.run(['trust'])).code).toBe(0);
    expect(await has()).toBe(true);
  });
});
