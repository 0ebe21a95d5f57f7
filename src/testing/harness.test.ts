import { describe, expect, it } from 'vitest';
import { openTestHost } from './harness.ts';
import { blockingTool, testTool } from './tools.ts';

describe('test host', () => {
  it('runs a turn with a tool', async () => {
    await using test = await openTestHost({
      answers: [[{ text: 'Adding. ' }, { call: 'add', args: { a: 1, b: 2 } }], [{ text: 'It is 3.' }]],
      tools: [testTool({ name: 'add', run: ({ a, b }) => String(Number(a) + Number(b)) })],
    });
    const session = await test.session();
    const types = [];
    for await (const item of session.run('What is 1 + 2?')) types.push(item.type);
    expect(types).toContain('tool.finished');
    expect(types.at(-1)).toBe('turn.finished');
    expect((await session.summary()).status).toBe('idle');
    expect(JSON.stringify(test.model.requests[1]?.messages)).toContain('"text":"3"');
    expect(test.faults).toEqual([]);
  });

  it('cancels a tool that blocks', async () => {
    const tool = blockingTool();
    await using test = await openTestHost({ answers: [[{ call: 'block', args: {} }]], tools: [tool] });
    const session = await test.session();
    await session.send('Block.');
    await tool.started();
    await session.cancel('enough');
    expect((await session.settled()).status).toBe('idle');
    expect(test.model.requests).toHaveLength(1);
  });
});
