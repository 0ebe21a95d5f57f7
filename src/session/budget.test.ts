import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../protocol/index.ts';
import { call, play, send, text } from './fixtures.ts';
import { fitMessages, messageTokens } from './fit.ts';
import {
  contextTokens,
  Conversation,
  estimateTokens,
  findCut,
  transcript,
  transcriptProblems,
} from './index.ts';
import type { Interpreter } from './interpreter.fixture.ts';

/** Turns of the user's and the model's words, of these lengths. */
function conversationOf(lengths: readonly (readonly [asked: number, said: number])[]): Conversation {
  const self = play({ answers: [[text('hello')], ...lengths.map(([, said]) => [text('x'.repeat(said))])] });
  lengths.forEach(([asked], turn) => {
    self.submit(send('y'.repeat(Math.max(1, asked)), { id: `cmd_${String(turn)}` }));
    self.settle();
  });
  return new Conversation().addAll(self.journal);
}

/** One question, then as many rounds of calls; the next request is about to be made. */
function rounds(question: number, count: number): Conversation {
  const answers = Array.from({ length: count }, () => [text('z'.repeat(400)), call('a'), call('b')]);
  const drive = (self: Interpreter): unknown => self.submit(send('q'.repeat(question)));
  const profile = { limits: { maxSteps: 1_000 } };
  const { journal } = play({ profile, answers: [[text('hello')], ...answers, { silentAfter: '' }], drive });
  return new Conversation().addAll(journal);
}

describe('an estimate', () => {
  it.each([
    ['', 0],
    ['abcd', 1],
    ['abcde', 2],
    ['日本語', 3],
    ['ab日', 2],
  ])('of %j is %i', (said, tokens) => {
    expect(estimateTokens(said)).toBe(tokens);
  });
});

describe('a cut', () => {
  it('is not made while everything fits', () => {
    const conversation = conversationOf([[100, 100]]);
    expect(findCut(conversation, contextTokens(conversation))).toBeUndefined();
  });

  it('leaves half of the budget, so that the next is far away', () => {
    const conversation = conversationOf(Array.from({ length: 40 }, () => [400, 400] as const));
    const budget = contextTokens(conversation) - 1;
    const cut = findCut(conversation, budget);
    conversation.cutBefore = cut?.before ?? 0;
    const left = contextTokens(conversation);
    expect(left).toBe(cut?.tokens);
    expect(left).toBeLessThanOrEqual(budget / 2);
    expect(left).toBeGreaterThan(budget / 4);
    expect(findCut(conversation, budget)).toBeUndefined();
  });

  it('stays where it is between two cuts', () => {
    const lengths = Array.from({ length: 60 }, () => [100, 300] as const);
    const places = new Set<number>();
    let before = 0;
    for (let turns = 1; turns <= lengths.length; turns++) {
      const conversation = conversationOf(lengths.slice(0, turns));
      conversation.cutBefore = before;
      before = findCut(conversation, 1_000)?.before ?? before;
      places.add(before);
    }
    expect(places.size).toBeGreaterThan(3);
    expect(places.size).toBeLessThan(20);
  });

  it('keeps call and result together, and the question of a long turn', () => {
    const conversation = rounds(40, 50);
    const cut = findCut(conversation, 2_000);
    conversation.cutBefore = cut?.before ?? 0;
    expect(contextTokens(conversation)).toBeLessThanOrEqual(1_000);
    const messages = transcript(conversation, { provider: 'test' });
    expect(transcriptProblems(messages)).toEqual([]);
    expect(messages[0]?.parts[0]).toEqual({ type: 'text', text: 'q'.repeat(40) });
  });

  it.each([50, 500, 5_000, 50_000])(
    'never takes the newest question, though it has %i characters',
    (length) => {
      const conversation = rounds(length, 0);
      conversation.cutBefore = findCut(conversation, 100)?.before ?? 0;
      const budget = 100;
      const messages = transcript(conversation, { provider: 'test', budget });
      expect(JSON.stringify(messages.at(-1))).toContain('qqq');
      expect(messageTokens(messages)).toBeLessThanOrEqual(budget);
    },
  );

  it('never takes the newest step, whatever it costs', () => {
    const conversation = rounds(40, 2);
    conversation.cutBefore = findCut(conversation, 20)?.before ?? 0;
    const roles = transcript(conversation, { provider: 'test' }).map(({ role }) => role);
    expect(roles).toEqual(['user', 'assistant', 'tool']);
  });

  it('leaves room for what was done about a question that has no end', () => {
    const conversation = rounds(50_000, 10);
    conversation.cutBefore = findCut(conversation, 2_000)?.before ?? 0;
    const messages = transcript(conversation, { provider: 'test', budget: 2_000 });
    expect(messages.filter(({ role }) => role === 'tool').length).toBeGreaterThan(1);
    expect(messageTokens(messages)).toBeLessThanOrEqual(2_000);
  });

  it('of a turn without history counts that turn alone', () => {
    const conversation = conversationOf([
      [10_000, 10_000],
      [40, 40],
    ]);
    const turn = conversation.entries.at(-1)?.turn ?? '';
    expect(findCut(conversation, 200)).toBeDefined();
    expect(findCut(conversation, 200, turn)).toBeUndefined();
  });

  it('and what is shortened after it always fit the budget', () => {
    const length = fc.nat({ max: 4_000 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(length, fc.nat({ max: 200 })), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 400, max: 3_000 }),
        (lengths, budget) => {
          const conversation = conversationOf(lengths);
          const cut = findCut(conversation, budget);
          conversation.cutBefore = cut?.before ?? 0;
          const messages = transcript(conversation, { provider: 'test', budget });
          expect(messageTokens(messages)).toBeLessThanOrEqual(budget);
          expect(transcriptProblems(messages)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

const said = (content: string): Message => ({ role: 'user', parts: [{ type: 'text', text: content }] });
const answer = (content: string): Message => ({
  role: 'assistant',
  parts: [{ type: 'text', text: content }],
});
const result = (...outputs: string[]): Message => ({
  role: 'tool',
  parts: outputs.map((output) => ({ type: 'result', call: 'cal_1', tool: 'a', ok: true, text: output })),
});

describe('messages that do not fit', () => {
  it('are the same when they do', () => {
    const messages = [said('short'), answer('x'.repeat(400))];
    expect(fitMessages(messages, 1_000)).toBe(messages);
  });

  it('lose the middle of the longest, and say how much', () => {
    const long = `begin${'-'.repeat(4_000)}end`;
    const [first, second] = fitMessages([said(long), result('short')], 200);
    expect(second).toEqual(result('short'));
    const shown = first?.parts[0];
    expect(shown).toHaveProperty(
      'text',
      expect.stringMatching(/^begin-+\n\[\d+ characters are left out here\]\n-+end$/),
    );
    const kept = shown?.type === 'text' ? shown.text.replace(/\n.*\n/, '').length : 0;
    expect(shown).toHaveProperty(
      'text',
      expect.stringContaining(`[${String(long.length - kept)} characters`),
    );
  });

  it('share what there is: short ones stay whole, long ones come down to one length', () => {
    const [messages] = [fitMessages([result('a'.repeat(400), 'b'.repeat(8_000), 'c'.repeat(80_000))], 1_000)];
    const costs = messages[0]?.parts.map((part) => ('text' in part ? estimateTokens(part.text) : 0)) ?? [];
    expect(costs[0]).toBe(100);
    expect(Math.abs((costs[1] ?? 0) - (costs[2] ?? 0))).toBeLessThanOrEqual(2);
  });

  it('never change what the model said', () => {
    const messages = [said('x'.repeat(4_000)), answer('y'.repeat(4_000)), said('z')];
    expect(fitMessages(messages, 50)[1]).toBe(messages[1]);
  });

  it('fit whenever they can, whatever they are made of', () => {
    const words = fc.string({ unit: 'grapheme', maxLength: 600 });
    fc.assert(
      fc.property(
        fc.array(words, { minLength: 1, maxLength: 8 }),
        fc.nat({ max: 1_000 }),
        (outputs, spare) => {
          const messages = [said(outputs.join('')), result(...outputs)];
          // A part costs 8 beside its text, and at least 16 when it is shortened.
          const budget = (outputs.length + 1) * 24 + spare;
          const fitted = fitMessages(messages, budget);
          expect(messageTokens(fitted)).toBeLessThanOrEqual(budget);
          expect(fitMessages(messages, budget)).toEqual(fitted);
          expect(JSON.stringify(fitted)).not.toMatch(/\\ud[89a-f]/i);
        },
      ),
    );
  });
});
