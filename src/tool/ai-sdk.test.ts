// Tools made with the real `ai` package, run by a real host.
import { jsonSchema, tool } from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deferred } from '../base/index.ts';
import { openTestHost } from '../testing/index.ts';
import { aiTools, type AiTool, type AiToolsOptions } from './index.ts';

const weather = tool({
  description: 'Says what the weather is.',
  inputSchema: z.object({ city: z.string(), unit: z.enum(['C', 'F']).default('C') }),
  execute: ({ city, unit }) => ({ city, degrees: 20, unit }),
});

interface Asked {
  readonly tools: Readonly<Record<string, AiTool>>;
  readonly args?: Record<string, string>;
  readonly options?: AiToolsOptions;
  readonly mode?: 'full' | 'edits' | 'read';
}

/** A turn that calls the first of the tools once, until it ends or waits. */
async function called({ tools, args = {}, options, mode = 'full' }: Asked) {
  const [name = ''] = Object.keys(tools);
  const made = await aiTools(tools, options);
  await using test = await openTestHost({
    tools: made,
    profile: { mode },
    answers: [[{ call: name, args }], [{ text: 'done' }]],
  });
  const session = await test.session();
  await session.send('go');
  const { status } = await session.settled();
  const events = await session.events({ after: 0, limit: 100 });
  const finished = events.find((event) => event.type === 'tool.finished')?.data;
  return { status, finished, offered: test.model.requests[0]?.tools };
}

const REFUSED: readonly [name: string, tools: Readonly<Record<string, AiTool>>, told: string][] = [
  ['without execute', { ask: { inputSchema: z.object({}) } }, 'no execute'],
  ['without a schema', { ask: { execute: () => '' } }, 'no inputSchema'],
  ['with a schema of nothing', { ask: { execute: () => '', inputSchema: {} } }, 'no JSON Schema'],
];

describe('a tool of the AI SDK', () => {
  it('is offered with its schema, checked by it, and gives its result', async () => {
    const { finished, offered } = await called({ tools: { weather }, args: { city: 'Oslo' } });
    expect(offered).toMatchObject([
      { name: 'weather', description: 'Says what the weather is.', parameters: { required: ['city'] } },
    ]);
    expect(finished).toMatchObject({ status: 'ok' });
    expect(JSON.parse(finished?.output.text ?? '')).toEqual({ city: 'Oslo', degrees: 20, unit: 'C' });
  });

  it('may have a JSON Schema, and a validator of its own', async () => {
    const inputSchema = jsonSchema<{ n: string }>(
      { type: 'object', properties: { n: { type: 'string' } }, required: ['n'] },
      {
        validate: (value) =>
          (value as { n: string }).n === '1'
            ? { success: true, value: value as { n: string } }
            : { success: false, error: new Error('n is 1') },
      },
    );
    const count = tool({ inputSchema, execute: ({ n }) => `got ${n}` });
    expect((await called({ tools: { count }, args: { n: '1' } })).finished?.output.text).toBe('got 1');
    const refused = (await called({ tools: { count }, args: { n: '2' } })).finished;
    expect(refused).toMatchObject({ status: 'error', error: { code: 'invalid_params' } });
    expect(refused?.output.text).toContain('n is 1');
  });

  it('may give its result in pieces, of which the last counts', async () => {
    const slow = tool({
      inputSchema: z.object({}),
      async *execute() {
        yield 'a third';
        await Promise.resolve();
        yield { done: true };
      },
    });
    expect((await called({ tools: { slow } })).finished?.output.text).toBe('{"done":true}');
  });

  it('may say itself what the model sees', async () => {
    const seen = tool({
      inputSchema: z.object({}),
      execute: () => ({ secret: 1, shown: 'this' }),
      toModelOutput: ({ output }) => ({ type: 'content', value: [{ type: 'text', text: output.shown }] }),
    });
    expect((await called({ tools: { seen } })).finished?.output.text).toBe('this');
  });

  it('that throws gives an error', async () => {
    const bad = tool({
      inputSchema: z.object({}),
      execute: (): Promise<string> => Promise.reject(new Error('no such thing')),
    });
    const { finished, status } = await called({ tools: { bad } });
    expect(finished).toMatchObject({ status: 'error', error: { code: 'tool_failed' } });
    expect([status, finished?.output.text]).toEqual(['idle', 'no such thing']);
  });

  it.each([
    ['full', true, 'waiting'],
    ['full', false, 'idle'],
    ['edits', undefined, 'waiting'],
  ] as const)(
    'in mode %s with needsApproval %s leaves its session %s',
    async (mode, needsApproval, wanted) => {
      const made = { inputSchema: z.object({}), execute: () => 'ran', needsApproval };
      const { status, finished } = await called({ tools: { made }, mode });
      expect(status).toBe(wanted);
      expect(finished?.output.text).toBe(wanted === 'idle' ? 'ran' : undefined);
    },
  );

  it('is offered in mode read when it only reads', async () => {
    const args = { city: 'Oslo' };
    const none = await called({ tools: { weather }, args, mode: 'read' });
    expect(none.offered).toEqual([]);
    const options = { access: { weather: 'read' } } as const;
    expect((await called({ tools: { weather }, args, options, mode: 'read' })).finished?.status).toBe('ok');
  });

  it('is stopped by its signal', async () => {
    const began = deferred<void>();
    const untilStopped = (signal: AbortSignal | undefined): Promise<string> => {
      const stopped = deferred<string>();
      signal?.addEventListener('abort', () => stopped.reject(new Error('stopped')));
      began.resolve();
      return stopped.promise;
    };
    const wait = {
      inputSchema: z.object({}),
      execute: (_: unknown, options: { abortSignal?: AbortSignal }) => untilStopped(options.abortSignal),
    };
    const tools = await aiTools({ wait });
    await using test = await openTestHost({ tools, answers: [[{ call: 'wait', args: {} }]] });
    const session = await test.session();
    await session.send('go');
    await began.promise;
    await session.cancel();
    expect(await session.settled()).toMatchObject({ lastOutcome: 'cancelled' });
    const events = await session.events({ after: 0, limit: 100 });
    expect(events.find((event) => event.type === 'tool.finished')?.data.status).toBe('cancelled');
  });

  it.each(REFUSED)('%s is refused', async (_name, tools, told) => {
    await expect(aiTools(tools)).rejects.toMatchObject({
      code: 'invalid_params',
      message: expect.stringContaining(told) as string,
    });
  });
});

it('no tools at all are no tools at all', async () => {
  await using test = await openTestHost({
    tools: await aiTools({ weather }),
    answers: [[{ text: 'Hi.' }], [{ call: 'weather', args: { city: 'Oslo' } }], [{ text: 'Well.' }]],
  });
  const session = await test.session({ change: { tools: [] } });
  await session.send('hi');
  expect(await session.settled()).toMatchObject({ status: 'idle', lastOutcome: 'completed' });
  expect(test.model.requests[0]?.tools).toEqual([]);
  await session.send('and a call that was not offered');
  await session.settled();
  const events = await session.events({ after: 0, limit: 100 });
  expect(events.some((event) => event.type === 'tool.started')).toBe(false);
  expect(events.find((event) => event.type === 'tool.finished')?.data.status).not.toBe('ok');
});
