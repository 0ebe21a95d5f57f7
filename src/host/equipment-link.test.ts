import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { systemRandom } from '../base/index.ts';
import { createModels, scriptedModel } from '../model/index.ts';
import { CarrelError } from '../protocol/index.ts';
import { createMemoryStore } from '../store/index.ts';
import { manualClock, openTestHost, testTool } from '../testing/index.ts';
import { createTools } from '../tool/index.ts';
import { nearLink, openHost, type Equipment } from './index.ts';

const clock = manualClock();
const SALT = '0123456789abcdef';
const digest = (key: string): string => createHmac('sha256', SALT).update(key).digest('hex');

async function equipment(): Promise<Equipment> {
  await using test = await openTestHost({});
  const { profiles } = await test.host.equipment('/');
  const provider = { name: 'far', kind: 'openai', apiKeyEnv: 'FAR_KEY', models: { big: {} } } as const;
  const good = testTool({ name: 'good', run: () => '' });
  return {
    models: createModels({ providers: [provider], models: [scriptedModel({ answers: [] })], clock }),
    tools: createTools([good, { ...good, name: 'bad', parameters: { type: 'rubbish' } }]),
    profiles,
    grants: () => [],
    auto: () => ({ model: 'offline/practice', why: 'nothing else is there' }),
    problems: [{ name: '/mod.js', problem: 'it does not load' }],
    keyOf: (name) => (name === 'near' ? 'sk-1' : undefined),
  };
}

async function linked() {
  const known = await equipment();
  const nothing = {
    models: createModels({ providers: [], clock }),
    tools: createTools([]),
    profiles: new Map(),
  };
  const equip = (folder: string): Promise<Equipment> =>
    folder === '/here' ? Promise.resolve(known) : Promise.reject(new CarrelError('invalid_params', folder));
  const host = await openHost({ store: createMemoryStore(), clock, ...nothing, equip });
  return { host, link: nearLink(host, { clock, random: systemRandom }) };
}

it('models, tools and profiles of a folder can be asked, also those that are not well', async () => {
  const { host, link } = await linked();
  await using _host = host;
  const folder = '/here';
  const models = await link.call('model/list', { folder });
  expect(models.map(({ model, problem }) => [model, problem])).toEqual([
    ['far/big', expect.stringContaining('FAR_KEY') as string],
    ['offline/practice', undefined],
    ['scripted/model', undefined],
  ]);
  expect(await link.call('model/pick', { folder, model: 'auto' })).toMatchObject({
    model: 'offline/practice',
    why: 'nothing else is there',
    price: { input: 0, output: 0 },
  });
  await expect(link.call('model/pick', { folder, model: 'far/big' })).rejects.toMatchObject({
    code: 'model_unavailable',
  });
  expect(await link.call('tool/list', { folder })).toMatchObject([
    { name: 'good', access: 'read' },
    { name: 'bad', problem: expect.any(String) as string },
    { name: '/mod.js', problem: 'it does not load' },
  ]);
  expect((await link.call('profile/list', { folder })).map(({ name }) => name)).toEqual(['default']);
  await expect(link.call('tool/list', { folder: '/there' })).rejects.toMatchObject({
    code: 'invalid_params',
  });
  await expect(link.call('provider/reset', { provider: 'far' })).rejects.toMatchObject({ code: 'not_found' });
});

it.each([
  ['near', 'sk-1', 'same'],
  ['near', 'sk-2', 'other'],
  ['far', 'sk-1', 'missing'],
])('a key of %s is compared and not told: %s is %s', async (provider, key, said) => {
  const { host, link } = await linked();
  await using _host = host;
  const asked = { folder: '/here', provider, salt: SALT, digest: digest(key) };
  expect(await link.call('provider/compare-key', asked)).toEqual({ key: said });
});
