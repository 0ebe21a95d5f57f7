// What a session holds is counted where it can be large; the estimate is held against the heap.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { scriptedModel } from '../model/index.ts';
import { openTestHost, testTool } from '../testing/index.ts';
import { until } from './fixtures.ts';

const MIB = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heap(): number {
  for (let n = 0; n < 3; n++) collect();
  return process.memoryUsage().heapUsed;
}

it('a session that waits with a long conversation says how much it holds, and holds none asleep', async () => {
  const write = testTool({ name: 'write', access: 'write' });
  const long = (n: number): string => `${String(n)} ${'words that were said '.repeat(100_000)}`;
  const model = scriptedModel({
    answers: (_request, n) => [{ text: [long(n)] }, { call: n < 9 ? 'look' : 'write', args: {} }],
  });
  await using test = await openTestHost({
    model,
    tools: [write, testTool({ name: 'look' })],
    profile: { mode: 'ask' },
    limits: { sessionMemoryMb: 20 },
  });
  const session = await test.session();
  await until(session.run('go'), () => false);
  expect(await session.summary()).toMatchObject({ status: 'waiting' });
  const { memory } = test.host.inspect();
  const counted = memory.sessions[session.id] ?? 0;
  expect(memory.liveBytes).toBe(counted);
  expect(counted).toBeGreaterThan(20 * MIB);
  (model.requests as unknown[]).length = 0;
  const before = heap();
  await test.clock.advance(10_000);
  expect(test.host.inspect()).toMatchObject({ live: 0, memory: { liveBytes: 0, sessions: {} } });
  const freed = before - heap();
  // Two bytes are counted for what takes one or two, so that it is never too little.
  expect(freed).toBeGreaterThan(counted / 3);
  expect(freed).toBeLessThan(counted * 1.1);
  expect(test.faults.map(({ what }) => what)).toEqual(['a session holds much memory']);
  await session.deny();
  expect(await session.summary()).toMatchObject({ status: 'running' });
});
