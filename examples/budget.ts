// A budget stops a session before the step that would pass it; raised, the session goes on where it stopped.
// From a checkout, after `npm run build`: node examples/budget.ts
import assert from 'node:assert/strict';
import { openTestHost, testTool } from 'carrel/testing';

const look = testTool({ name: 'look', run: ({ at }) => `nothing at ${JSON.stringify(at)}` });
await using test = await openTestHost({
  tools: [look],
  answers: [
    [{ call: 'look', args: { at: 'home' } }],
    [{ call: 'look', args: { at: 'work' } }],
    [{ text: 'I looked twice.' }],
  ],
});
const session = await test.session({ change: { budget: { session: { steps: 2 } } } });
using _listener = session.on('budget.reached', ({ data }) =>
  console.log(`stopped: ${data.spent} of ${data.limit} ${data.measure}`),
);

await session.send('Look around.');
assert.equal((await session.settled()).status, 'paused');

await session.command({
  id: 'cmd_more',
  type: 'budget/raise',
  scope: 'session',
  measure: 'steps',
  to: 5,
  by: { kind: 'user' },
});
await session.continue();
const { status, budget } = await session.settled();
console.log(`${status}: ${budget?.[0]?.spent} of ${budget?.[0]?.limit} steps`);
assert.equal(status, 'idle');
assert.equal(test.model.requests.length, 3);
