import { expect, it } from 'vitest';
import type { Link } from '../protocol/index.ts';
import { openTestHost, testTool } from '../testing/index.ts';
import { Client } from './client.ts';

const write = { call: 'write', args: {} };

/** A link on which time has stood still for whoever reads a summary. */
function standing(link: Link, seq: number): Link {
  return {
    call: async (method, params, options) => {
      const result = await link.call(method, params, options);
      return method === 'session/get' ? Object.assign({}, result, { seq }) : result;
    },
    follow: (...from) => link.follow(...from),
    followSubtree: (...from) => link.followSubtree(...from),
    followList: (...from) => link.followList(...from),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}

it.each(['approve', 'deny'] as const)('%s without a call reaches no later question', async (what) => {
  const answers = [[write, write], [{ text: 'done' }]];
  const tools = [testTool({ name: 'write', access: 'write' })];
  await using test = await openTestHost({ tools, answers, profile: { mode: 'ask' } });
  await using client = new Client(test.link());
  const { folder } = test;
  const session = await client.create({ folder });
  await session.send('go');
  const { seq } = await session.settled();
  await session.deny();
  await session.settled();
  const late = new Client(standing(client.link, seq)).session(session.id);
  await expect(late[what]()).rejects.toMatchObject({ code: 'conflict' });
  expect(await session[what]()).toMatchObject({ session: session.id });
});
