import { expect, it } from 'vitest';
import { storeContract } from '../contract.ts';
import { group, OWNER } from '../fixtures.ts';
import { memoryData } from './data.ts';
import { createMemoryStore } from './store.ts';

storeContract('memory', async () => {
  const data = memoryData();
  return Promise.resolve({
    store: createMemoryStore(data),
    reopen: () => Promise.resolve(createMemoryStore(data)),
    dispose: () => Promise.resolve(),
  });
});

it('drops a snapshot whose event has another hash', async () => {
  const data = memoryData();
  const store = createMemoryStore(data);
  await store.append([group('ses_a', 0, { snapshot: { session: 'ses_a', seq: 1, version: 1, state: 1 } })]);
  expect(await store.claim(OWNER, 'ses_a')).toHaveProperty('snapshot');
  data.sessions.get('ses_a')?.hashes.splice(0, 1, Buffer.alloc(32, 1));
  expect(await store.claim(OWNER, 'ses_a')).not.toHaveProperty('snapshot');
});
