// Two hosts on one journal, as after a process that stood still for a while: what the later one does is its own.
import { expect, it } from 'vitest';
import { createMemoryStore, memoryData } from '../store/index.ts';
import { blockingTool, faultyStore, openTestHost } from '../testing/index.ts';

it('leaves the calls of a later host alone when it reads the journal after a failed write', async () => {
  const data = memoryData();
  const gate = Promise.withResolvers<void>();
  const [own, others] = [blockingTool(), blockingTool()];
  // Its third append, the first text, fails.
  const store = faultyStore(createMemoryStore(data), { at: 3, methods: ['append'], fault: 'fail' });
  await using first = await openTestHost({
    store,
    tools: [own],
    answers: [[{ text: [{ wait: gate.promise }, 'late'] }]],
  });
  const { id } = await first.session();
  await (await first.host.session(id)).send('work');

  await using second = await openTestHost({
    store: createMemoryStore(data),
    tools: [others],
    answers: [[{ call: 'block', args: {} }], [{ text: 'done' }]],
  });
  const taken = await second.host.session(id);
  const settled = taken.settled();
  await others.started();

  let ran = false;
  void own.started().then(() => (ran = true));
  gate.resolve();
  await first.clock.advance(60_000);
  expect(store.calls).toBeGreaterThanOrEqual(3);
  expect(first.faults).toContainEqual(
    expect.objectContaining({ what: 'a session was given up', session: id }),
  );
  expect(ran).toBe(false);
  others.release();
  expect((await settled).status).toBe('idle');
});
