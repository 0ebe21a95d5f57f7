import { describe, expect, it } from 'vitest';
import { scriptedModel, type ModelRequest } from '../model/index.ts';
import { transcriptProblems } from '../session/index.ts';
import { openTestHost } from '../testing/index.ts';

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
});
