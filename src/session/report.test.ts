import { expect, it } from 'vitest';
import { call, play, reasoning, send, text } from './fixtures.ts';
import { contextReport, contextTokens, Conversation, findCut, type ReportOptions } from './index.ts';

const TOOLS = [{ name: 'a', description: 'does', parameters: { type: 'object' } }];
const OPTIONS: ReportOptions = {
  session: 'ses_1',
  model: 'test/model',
  fixed: { prompt: 'p'.repeat(40), instructions: [], tools: TOOLS },
  room: { window: 1_000, reserve: 200 },
  compaction: { state: 'off', undoable: 0 },
  limit: 100,
};

/** Three turns: words, a call with its result, words again. */
function conversation(): Conversation {
  const self = play({
    answers: [[reasoning('hm'), text('hello')], [text('look'), call('a')], [text('done')]],
  });
  self.submit(send('q'.repeat(400)));
  self.settle();
  return new Conversation().addAll(self.journal);
}

it('names every part once, with what it costs and whether it is sent', () => {
  const report = contextReport(conversation(), OPTIONS);
  expect(
    report.parts.map(({ kind, name, inContext }) => `${kind} ${name.slice(0, 5)} ${String(inContext)}`),
  ).toEqual([
    'prompt ppppp true',
    'tools a true',
    'user hi true',
    'reasoning hm true',
    'text hello true',
    'user qqqqq true',
    'text look true',
    'call a true',
    'result a true',
    'text done true',
  ]);
  const tokens = report.parts.reduce((sum, part) => sum + part.tokens, 0);
  expect(report).toMatchObject({
    window: 1_000,
    reserve: 200,
    budget: 800,
    used: tokens,
    remaining: 800 - tokens,
  });
  expect(report.kinds).toMatchObject({
    prompt: { parts: 1, tokens: 10 },
    result: { parts: 1 },
    text: { parts: 3 },
  });
});

it('agrees with what cuts are reckoned by', () => {
  const read = conversation();
  const { parts } = contextReport(read, OPTIONS);
  const messages = parts.filter(({ seq }) => seq !== undefined).reduce((sum, part) => sum + part.tokens, 0);
  const steps = read.entries.filter(({ kind }) => kind === 'step').length;
  // A step costs its own overhead beside its parts.
  expect(messages + steps * 8).toBe(contextTokens(read));
});

it('says what a cut left out, and keeps the question that stays', () => {
  const read = conversation();
  const cut = findCut(read, 60);
  read.cutBefore = cut?.before ?? 0;
  const report = contextReport(read, OPTIONS);
  const out = report.parts.filter(({ inContext }) => !inContext);
  expect(out.map(({ kind }) => kind)).toEqual(['user', 'reasoning', 'text', 'text', 'call', 'result']);
  expect(report.left).toEqual({ parts: 6, tokens: out.reduce((sum, part) => sum + part.tokens, 0) });
  expect(report.parts.find(({ name }) => name.startsWith('q'))).toMatchObject({ inContext: true });
});

it('does not count as sent what belongs to another provider', () => {
  const { parts } = contextReport(conversation(), { ...OPTIONS, model: 'other/model' });
  expect(parts.filter(({ inContext }) => !inContext).map(({ kind }) => kind)).toEqual(['reasoning']);
});

it('is read in pages, newest first', () => {
  const read = conversation();
  const last = contextReport(read, { ...OPTIONS, limit: 2 });
  expect(last.parts.slice(2).map(({ kind }) => kind)).toEqual(['result', 'text']);
  const before = contextReport(read, { ...OPTIONS, limit: 100, before: last.before });
  expect(before.parts.slice(2).map(({ kind }) => kind)).toEqual(['user', 'reasoning', 'text', 'user']);
  expect(before.before).toBeUndefined();
  expect(contextReport(read, { ...OPTIONS, limit: 0 }).parts.map(({ kind }) => kind)).toEqual([
    'prompt',
    'tools',
  ]);
});

it.each([
  [{ input: 1_200, output: 1 }, 1_000, 1.2],
  [{ input: 9_000, output: 1 }, 1_000, 2],
  [{ input: 100, output: 1 }, 1_000, 0.6],
  [{ input: 0, output: 0 }, 1_000, 1],
  [{ input: 90, output: 1 }, 100, 1],
])('a report of %j for an estimate of %i makes it %f', (usage, estimate, correction) => {
  const self = play({ answers: [{ silentAfter: '' }] });
  const { id: step = '' } = self.state.turn?.step ?? {};
  const parts = [{ kind: 'text' as const, part: 'prt_1', text: 'hello' }];
  self.submit({ type: 'step/answered', step, attempt: 1, parts, calls: [], reason: 'stop', usage, estimate });
  const report = contextReport(new Conversation().addAll(self.journal), OPTIONS);
  expect(report.correction).toBeCloseTo(correction);
  expect(report.parts[0]?.tokens).toBe(Math.ceil(10 * correction));
});
