import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { homeAt, trust, untrust } from '../config/index.ts';
import { FolderEquipment } from './equipment.ts';
import { testTerminal } from './fixtures.ts';
import { Options } from './options.ts';

const provider = (name: string) => ({
  providers: { [name]: { kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:1/v1', models: { m: {} } } },
});

function open() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'carrel-test-')));
  const [home, folder] = [homeAt(join(root, 'home')), join(root, 'work')];
  mkdirSync(home.configFolder, { mode: 0o700 });
  mkdirSync(join(folder, '.carrel'), { recursive: true });
  const project = join(folder, '.carrel', 'config.jsonc');
  const env = { CARREL_HOME: home.configFolder };
  const terminal = testTerminal();
  const invocation = { args: [], options: new Options({}), terminal, env, folder, json: false };
  const secrets: string[] = [];
  const equipment = new FolderEquipment(invocation, home, (values) => void secrets.push(...values));
  const models = async (where = folder) =>
    (await equipment.of(where)).models.list().filter((id) => !id.startsWith('offline/'));
  return {
    home,
    folder,
    equipment,
    secrets,
    models,
    write: (file: 'home' | 'project', value: object | string) =>
      writeFileSync(
        file === 'home' ? home.config : project,
        typeof value === 'string' ? value : JSON.stringify(value),
        { mode: 0o600 },
      ),
    async [Symbol.asyncDispose]() {
      await equipment[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

it('goes by what the files say now: the home, and a project as long as it is trusted', async () => {
  await using at = open();
  const quiet = (): undefined => undefined;
  expect(await at.models()).toEqual([]);
  at.write('home', provider('mine'));
  expect(await at.models()).toEqual(['mine/m']);
  at.write('project', provider('theirs'));
  expect(await at.models()).toEqual(['mine/m']);
  trust(at.home, at.folder, quiet);
  expect(await at.models()).toEqual(['mine/m', 'theirs/m']);
  expect(await at.models(tmpdir())).toEqual(['mine/m']);
  at.write('project', provider('other'));
  expect(await at.models()).toEqual(['mine/m']);
  trust(at.home, at.folder, quiet);
  untrust(at.home, at.folder, quiet);
  expect(await at.models()).toEqual(['mine/m']);
});

it('is the same as long as the files are, and shares the tools of folders that have none of their own', async () => {
  await using at = open();
  const first = await at.equipment.of(at.folder);
  expect(await at.equipment.of(at.folder)).toBe(first);
  expect((await at.equipment.of(tmpdir())).tools).toBe(first.tools);
  at.write('home', provider('mine'));
  const second = await at.equipment.of(at.folder);
  expect(second).not.toBe(first);
  expect(second.tools).toBe(first.tools);
});

it('refuses a folder whose file is malformed until it is mended, and no other', async () => {
  await using at = open();
  at.write('project', '{ "model": {{');
  await expect(at.models()).rejects.toMatchObject({ code: 'invalid_params' });
  expect(await at.models(tmpdir())).toEqual([]);
  at.write('project', '{}');
  expect(await at.models()).toEqual([]);
});

it('says which keys it found before it gives anybody what they open', async () => {
  await using at = open();
  const local = {
    kind: 'openai-compatible',
    baseUrl: 'http://127.0.0.1:1/v1?sig=in-the-query',
    apiKey: 'a-key-of-later',
    headers: { 'X-Tenant': 'in-a-header' },
  };
  await at.models();
  expect(at.secrets).not.toContain('a-key-of-later');
  at.write('home', { providers: { local } });
  await at.models();
  expect(at.secrets).toEqual(expect.arrayContaining(['a-key-of-later', 'in-a-header', 'in-the-query']));
});
