// A whole turn without a model, a network or a clock: a scripted model calls a tool of yours, and you look at what happened.
// From a checkout, after `npm run build`: node examples/test-a-turn.ts
import assert from 'node:assert/strict';
import { openTestHost, testTool } from 'carrel/testing';

const add = testTool({ name: 'add', run: ({ a, b }) => String(Number(a) + Number(b)) });

await using test = await openTestHost({
  tools: [add],
  // One answer for each request to the model.
  answers: [[{ text: 'Adding. ' }, { call: 'add', args: { a: 1, b: 2 } }], [{ text: 'It is 3.' }]],
});
const session = await test.session({ name: 'sum' });

for await (const item of session.run('What is 1 + 2?')) {
  if (item.type === 'tool.finished')
    console.log(`tool.finished ${item.data.status}: ${item.data.output.text}`);
  else if (item.type === 'text.ended') console.log(`text.ended "${item.data.text}"`);
  else console.log(item.type);
}

const { status, turns } = await session.summary();
assert.deepEqual({ status, turns }, { status: 'idle', turns: 1 });
// The second request carried the result of the tool, and nothing was left open.
assert.match(JSON.stringify(test.model.requests[1]?.messages), /"text":"3"/);
assert.deepEqual(test.faults, []);
