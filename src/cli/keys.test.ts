import { expect, it } from 'vitest';
import { systemRandom } from '../base/index.ts';
import { Client } from '../client/index.ts';
import { nearLink, openHost } from '../host/index.ts';
import { createModels } from '../model/index.ts';
import { createMemoryStore } from '../store/index.ts';
import { manualClock } from '../testing/index.ts';
import { createTools } from '../tool/index.ts';
import { refuseOtherKey } from './keys.ts';
import type { Setting } from './setting.ts';

const clock = manualClock();

/** A host that has the key `sk-1` for `near`, and none for `far`. */
async function openClient(): Promise<Client> {
  const nothing = {
    models: createModels({ providers: [], clock }),
    tools: createTools([]),
    profiles: new Map(),
  };
  const equip = () =>
    Promise.resolve({
      ...nothing,
      grants: () => [],
      keyOf: (name: string) => (name === 'near' ? 'sk-1' : undefined),
    });
  const host = await openHost({ store: createMemoryStore(), clock, ...nothing, equip });
  return new Client(nearLink(host, { clock, random: systemRandom }));
}

function here(name: string, apiKey?: string): Pick<Setting, 'folder' | 'providers' | 'config'> {
  const own = { name, kind: 'openai', apiKeyEnv: 'SOME_KEY', ...(apiKey === undefined ? {} : { apiKey }) };
  return { folder: '/here', providers: [own], config: { providers: new Map() } } as unknown as Setting;
}

it.each([
  ['the same key', here('near', 'sk-1'), undefined],
  ['no key here', here('near'), undefined],
  ['another key', here('near', 'sk-2'), 'conflict'],
  ['a key that the daemon has not', here('far', 'sk-1'), 'model_unavailable'],
])('%s', async (_what, setting, code) => {
  await using client = await openClient();
  const asked = refuseOtherKey(client, setting, `${setting.providers[0]?.name ?? ''}/m`);
  if (code === undefined) await expect(asked).resolves.toBeUndefined();
  else
    await expect(asked).rejects.toMatchObject({
      code,
      message: expect.stringContaining('SOME_KEY') as string,
    });
});
