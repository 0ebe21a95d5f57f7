import { describe, expect, it } from 'vitest';
import { scriptedModel, type ModelRequest } from '../model/index.ts';
import { transcriptProblems } from '../session/index.ts';
import { openTestHost, testTool } from '../testing/index.ts';

const size = (request: ModelRequest | undefined): number => JSON.stringify(request?.messages).length;

describe('context', () => {
  it('is cut in large steps, by events, and never exceeds what the model reads', async () => {
    const model = scriptedModel({
      answers: () => [{ text: ['x'.repeat(400)] }],
      capabilities: { contextTokens: 2_000, outputTokens: 200 },
    });
    await using test = await openTestHost({ model });
    const session = await test.session();
    let cuts = 0;
    session.on('context.cut', () => cuts++);
    for (let n = 0; n < 40; n++) {
      await session.send(`question ${String(n)} ${'y'.repeat(200)}`);
      await session.settled();
    }
    for (const request of model.requests) {
      expect(transcriptProblems(request.messages)).toEqual([]);
      expect(size(request)).toBeLessThan(2_000 * 4);
    }
    expect(cuts).toBeGreaterThan(1);
    expect(cuts).toBeLessThan(12);
  });

  it('loses the middle of a message that alone is too long, and says so', async () => {
    const model = scriptedModel({
      answers: () => [{ text: ['ok'] }],
      capabilities: { contextTokens: 1_000, outputTokens: 100 },
    });
    await using test = await openTestHost({ model });
    const session = await test.session();
    await session.send(`begin ${'z'.repeat(20_000)} end`);
    expect(await session.settled()).toMatchObject({ lastOutcome: 'completed' });
    const sent = JSON.stringify(model.requests[0]?.messages);
    expect(sent.length).toBeLessThan(4_000);
    expect(sent).toContain('begin');
    expect(sent).toContain('end');
  });

  it('is asked for again with less of it when the provider says that it is too large', async () => {
    const overflow = { fail: { message: 'too large', data: { reason: 'context_overflow' } } } as const;
    let tooLarge = false;
    const answers = () => {
      const refused = tooLarge;
      tooLarge = false;
      return refused ? [overflow] : [{ text: ['w'.repeat(300)] }];
    };
    const model = scriptedModel({ answers });
    await using test = await openTestHost({ model });
    const session = await test.session();
    for (let n = 0; n < 6; n++) {
      await session.send(`question ${String(n)}`);
      await session.settled();
    }
    tooLarge = true;
    await session.send('the last one');
    expect(await session.settled()).toMatchObject({ lastOutcome: 'completed' });
    const [refused, second] = model.requests.slice(-2);
    expect(size(second)).toBeLessThan(size(refused));
    expect(JSON.stringify(second?.messages)).toContain('the last one');
  });

  it('can be left out of a turn, and so can tools', async () => {
    const model = scriptedModel({ answers: () => [{ text: ['ok'] }] });
    await using test = await openTestHost({ model });
    const session = await test.session();
    await session.send('first');
    await session.settled();
    await session.addContext('a fact');
    await session.send('alone', { without: ['history', 'tools'] });
    await session.settled();
    expect(model.requests[1]).toMatchObject({
      tools: [],
      messages: [{ role: 'user', parts: [{ text: 'alone' }] }],
    });
  });

  it('is reckoned with what the provider reported, so that what is denser than estimated still fits', async () => {
    const window = 4_000;
    // Two tokens where one was estimated.
    const used = (request: ModelRequest): number => 2 * Math.ceil(JSON.stringify(request).length / 4);
    const model = scriptedModel({
      answers: (request) => [{ text: 'x'.repeat(400) }, { usage: { input: used(request), output: 200 } }],
      capabilities: { contextTokens: window, outputTokens: 200 },
    });
    await using test = await openTestHost({ model });
    const session = await test.session();
    for (let n = 0; n < 30; n++) {
      await session.send(`question ${String(n)} ${'y'.repeat(400)}`);
      await session.settled();
    }
    const { correction, budget, used: said } = await session.context();
    expect({ correction, budget }).toEqual({ correction: 2, budget: window - 200 });
    expect(said).toBeLessThanOrEqual(window - 200);
    for (const request of model.requests.slice(5)) expect(used(request)).toBeLessThan(window);
  });

  it('is told part by part, of a session asleep as of one at work', async () => {
    const gate = Promise.withResolvers<void>();
    const model = scriptedModel({ answers: () => [{ text: ['half ', { wait: gate.promise }, 'whole'] }] });
    await using test = await openTestHost({ model, tools: [testTool({ name: 'look' })] });
    const session = await test.session();
    const kinds = async (): Promise<string[]> =>
      (await session.context()).parts.map(({ kind, name }) => `${kind} ${name.slice(0, 22)}`);
    const fixed = ['prompt You are being tested. ', 'tools look'];
    expect(await kinds()).toEqual(fixed);
    await session.send('hi');
    expect(await kinds()).toEqual([...fixed, 'user hi']);
    gate.resolve();
    await session.settled();
    expect(await kinds()).toEqual([...fixed, 'user hi', 'text half whole']);
    const far = test.link();
    const { parts, remaining } = await far.call('context/get', { session: session.id, limit: 1 });
    expect([parts.length, remaining]).toEqual([3, undefined]);
    await expect(far.call('context/get', { session: 'ses_nobody' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it.each([4_000, 5_000])(
    'is refused when %i tokens are kept of its 4000 for the answer',
    async (maxOutputTokens) => {
      const model = scriptedModel({ answers: [], capabilities: { contextTokens: 4_000 } });
      await using test = await openTestHost({ model, profile: { maxOutputTokens } });
      await expect(test.session()).rejects.toMatchObject({
        code: 'invalid_params',
        message: expect.stringContaining('maxOutputTokens') as string,
      });
    },
  );
});
