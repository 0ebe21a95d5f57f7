import { expect, it } from 'vitest';
import { createMemoryStore } from '../store/index.ts';
import { openTestHost } from '../testing/index.ts';

it('starts nothing for a command that is being written when the host closes', async () => {
  const store = createMemoryStore();
  await using test = await openTestHost({ store, answers: [[{ silence: true }]] });
  const session = await test.session();
  const [arrived, written] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const append = store.append.bind(store);
  store.append = async (groups) => {
    arrived.resolve();
    await written.promise;
    return append(groups);
  };
  const sent = session.send('work');
  await arrived.promise;
  const closed = test.host.close();
  written.resolve();
  expect((await sent).seq).toBeGreaterThan(1);
  await closed;
  await test.clock.advance(1_000);
  expect(test.model.requests).toEqual([]);
});
