import { describe, expect, it } from 'vitest';
import {
  asCommand,
  call,
  cancel,
  goOn,
  play,
  QUICK,
  send,
  start,
  summed,
  text,
  trace,
  type Answer,
} from '../fixtures.ts';
import {
  contextTokens,
  Conversation,
  mayCompact,
  planCompaction,
  takeSummary,
  transcript,
  transcriptProblems,
  type EffectCommand,
  type Plan,
} from '../index.ts';
import type { Interpreter } from '../interpreter.fixture.ts';

const compact = () => asCommand({ type: 'context/compact' });
const uncompact = () => asCommand({ type: 'context/uncompact' });
const read = ({ journal }: Interpreter): Conversation => new Conversation().addAll(journal);
const sent = (self: Interpreter): string => JSON.stringify(transcript(read(self), { provider: 'test' }));

/** Turns with 100 tokens from each side; then the last answer does not come. */
function long(turns: number, profile: Parameters<typeof start>[1] = { compaction: true }): Interpreter {
  const answers: Answer[] = Array.from({ length: turns }, (_, n) => [
    text(`a${String(n)} ${'x'.repeat(400)}`),
  ]);
  const self = start([...answers, { silentAfter: '' }], profile);
  for (let n = 0; n <= turns; n++) {
    self.submit(send(`q${String(n)} ${'y'.repeat(400)}`, { id: `cmd_${String(n)}` }));
    self.settle();
  }
  return self;
}

function full(self: Interpreter): ReturnType<Interpreter['submit']> {
  const { id: step = '', attempt = 1 } = self.state.turn?.step ?? {};
  return self.submit({ type: 'context/full', step, attempt });
}

describe('a compaction', () => {
  it('begins when a step finds the context full, and the step waits for it', () => {
    const self = long(20);
    const before = contextTokens(read(self));
    full(self);
    expect(self.ready().map(({ kind }) => kind)).toEqual(['compact']);
    self.ready().forEach((work) => self.begin(work));
    expect(self.ready().map(({ kind }) => kind)).toEqual(['ask']);
    expect(trace(self.journal.slice(-2))).toBe('compaction.started context.compacted');
    expect(self.state.compaction).toBeUndefined();
    expect(contextTokens(read(self))).toBeLessThan(before / 2);
    expect(sent(self)).toContain('sum');
    expect(sent(self)).not.toContain('q3 ');
    expect(sent(self)).toContain('q20 ');
    expect(transcriptProblems(transcript(read(self), { provider: 'test' }))).toEqual([]);
  });

  it('happens once for a step', () => {
    const self = long(20);
    full(self);
    self.ready().forEach((work) => self.begin(work));
    expect(self.state.turn?.step).toMatchObject({ phase: 'asking', compacted: true });
    expect(mayCompact(self.state)).toBe(false);
    expect(full(self)).toMatchObject({ refusal: { code: 'conflict' } });
  });

  it.each([
    ['its profile says no', { compaction: false }],
    ['its journal knows of none', {}],
    ['a budget lets no request begin', { compaction: true, budget: { turn: { steps: 1 } } }],
  ])('does not begin by itself where %s', (_why, profile) => {
    expect(mayCompact(long(3, profile).state)).toBe(false);
  });

  it('does not begin in a turn without history', () => {
    const self = start([{ silentAfter: '' }], { compaction: true });
    self.submit(send('alone', { without: ['history'] }));
    expect(mayCompact(self.settle().state)).toBe(false);
  });

  it('counts in what the session used', () => {
    const self = play({
      answers: [[text('x'.repeat(4_000))], [text('end')]],
      drive: (it) => it.submit(send('more')),
    });
    const { spent, usage } = self.state;
    self.submit(compact());
    self.settle();
    expect(self.state.spent).toMatchObject({ steps: spent.steps + 1, tokens: spent.tokens + 11 });
    expect(self.state.usage.input).toBe(usage.input + 10);
  });

  it('is not asked for where a budget does not pay for it, and what was reserved is free again', () => {
    const self = long(5, { compaction: true, budget: { session: { tokens: 1_000 } } });
    full(self);
    const { id = '' } = self.state.compaction ?? {};
    self.submit({ type: 'compaction/estimated', compaction: id, input: 500, output: 100 });
    expect(self.state.compaction?.reserved).toMatchObject({ tokens: 600 });
    expect(
      self.submit({ type: 'compaction/estimated', compaction: id, input: 500, output: 100 }),
    ).toMatchObject({ events: [] });
    self.submit(summed(self, id));
    const { steps } = self.state.spent;
    self.submit({
      type: 'step/failed',
      step: self.state.turn?.step?.id ?? '',
      attempt: 1,
      parts: [],
      error: { code: 'internal', message: 'x' },
    });
    self.submit(compact());
    self.submit({
      type: 'compaction/estimated',
      compaction: self.state.compaction?.id ?? '',
      input: 5_000,
      output: 100,
    });
    expect(self.journal.at(-1)).toMatchObject({
      type: 'compaction.failed',
      data: { reason: 'budget', error: { code: 'limit_reached' } },
    });
    expect(self.state.spent.steps).toBe(steps);
  });

  it('may be asked for between turns, and an input that comes meanwhile waits for its end', () => {
    const self = play({
      answers: [[text('x'.repeat(4_000))], [text('y')], [text('end')]],
      drive: (it) => it.submit(send('more')),
    });
    self.submit(compact());
    expect(self.submit(compact())).toMatchObject({ refusal: { code: 'conflict' } });
    self.submit(send('and?'));
    expect(self.ready().map(({ kind }) => kind)).toEqual(['compact']);
    self.settle();
    expect(self.state).toMatchObject({ lastOutcome: 'completed', compacted: { length: 1 } });
  });

  it.each([
    ['a cancel', (self: Interpreter) => self.submit(cancel()), 'cancelled'],
    ['the end of its host', (self: Interpreter) => self.restart(), 'interrupted'],
    [
      'a failed session',
      (self: Interpreter) => self.submit({ type: 'session/fail', error: { code: 'internal', message: 'x' } }),
      'interrupted',
    ],
  ])('ends with %s, and its answer counts no more', (_what, end, reason) => {
    const self = long(20);
    full(self);
    const { id = '' } = self.state.compaction ?? {};
    const late = summed(self, id);
    end(self);
    expect(self.state.compaction).toBeUndefined();
    const ended = self.journal.find(({ type }) => type === 'compaction.failed');
    expect(ended?.data).toMatchObject({ reason, unreported: true });
    expect(self.state.spent.unknown).toBeGreaterThan(0);
    expect(self.submit(late)).toMatchObject({ refusal: { code: 'conflict' } });
    expect(self.state.futile).toBe(0);
  });

  it('is given up when its session goes on elsewhere while nothing else is open', () => {
    const self = play({ answers: [[text('hello')]] });
    self.submit(compact());
    self.restart();
    expect(trace(self.journal.slice(-2))).toBe('session.recovered compaction.failed');
  });

  it('that comes to nothing twice in a row does not begin by itself any more', () => {
    const self = long(20);
    for (let times = 0; times < 2; times++) {
      expect(full(self)).toHaveProperty('reply');
      self.submit(summed(self, self.state.compaction?.id ?? '', { summary: '' }));
      expect(self.journal.at(-1)).toMatchObject({ type: 'compaction.failed', data: { reason: 'empty' } });
      self.restart();
    }
    expect(self.state.futile).toBe(2);
    expect(mayCompact(self.state)).toBe(false);
    self.submit(asCommand({ type: 'session/configure', change: { summaryModel: 'test/other' } }));
    expect(mayCompact(self.state)).toBe(true);
  });
});

describe('an undo', () => {
  it('gives back what was in context, with what came since', () => {
    const self = play({
      answers: [[text('x'.repeat(4_000))], [text('y')], [text('end')]],
      drive: (it) => it.submit(send('more')),
    });
    const before = contextTokens(read(self));
    self.submit(compact());
    self.settle();
    self.submit(asCommand({ type: 'context/add', role: 'user', text: 'since' }));
    const { cutBefore } = self.state;
    self.submit(uncompact());
    expect(self.state).toMatchObject({ cutBefore: 0, compacted: [], undone: true });
    expect(cutBefore).toBeGreaterThan(0);
    expect(sent(self)).toContain('xxx');
    expect(sent(self)).toContain('since');
    expect(contextTokens(read(self))).toBeGreaterThan(before);
    expect(self.submit(uncompact())).toMatchObject({ refusal: { code: 'conflict' } });
  });

  it('is of the newest, one after the other', () => {
    const answers: Answer[] = [
      [text('x'.repeat(4_000))],
      [text('y')],
      [text('z'.repeat(4_000))],
      [text('end')],
    ];
    const self = play({ answers });
    const contexts: string[] = [];
    for (const [said, more] of [
      ['second', ''],
      ['third', 'fourth'],
    ] as const) {
      for (const input of [said, more].filter((one) => one !== '')) {
        self.submit(send(input));
        self.settle();
      }
      contexts.push(sent(self));
      self.submit(compact());
      self.settle();
    }
    expect(self.state.compacted.length).toBe(2);
    self.submit(uncompact());
    expect(sent(self)).toBe(contexts[1]);
    self.submit(uncompact());
    expect(sent(self).startsWith(contexts[0]?.slice(0, 4_000) ?? '?')).toBe(true);
  });

  it('stops one that is at work', () => {
    const self = play({ answers: [[text('hello')]] });
    self.submit(compact());
    self.submit(uncompact());
    expect(self.journal.at(-1)).toMatchObject({ type: 'compaction.failed', data: { reason: 'cancelled' } });
    expect(self.ready()).toEqual([]);
  });
});

describe('what is replaced', () => {
  const calls = Array.from({ length: 6 }, (): Answer => [
    text('z'.repeat(200)),
    call('a', QUICK),
    call('b', QUICK),
  ]);
  const worked = (): Interpreter =>
    play({
      answers: [...calls, [text('end')]],
      profile: { limits: { maxSteps: 100 } },
      drive: (self) => [self.submit(goOn())],
    });

  it('is all but the newest quarter, call with result', () => {
    const conversation = read(worked());
    const plan = planCompaction(conversation, Infinity) as Plan;
    expect(plan.tokens.kept).toBeLessThanOrEqual(contextTokens(conversation) * 0.75);
    conversation.cutBefore = plan.before;
    const messages = transcript(conversation, { provider: 'test' });
    expect(transcriptProblems(messages)).toEqual([]);
    expect(messages.filter(({ role }) => role === 'tool').length).toBeGreaterThan(0);
  });

  it('is no step whose calls are still open', () => {
    const answers: Answer[] = [[text('x'.repeat(8_000))], [call('a', { may: 'ask' })]];
    const self = play({ answers, drive: (it) => it.submit(send('again')) });
    for (let n = 0; n < 5; n++)
      self.submit(asCommand({ type: 'context/add', role: 'note', text: 'w'.repeat(2_000) }));
    const plan = planCompaction(read(self), Infinity);
    const open = read(self).entries.findLast(({ kind }) => kind === 'step');
    expect(plan).toMatchObject({ before: open?.seq });
  });

  it.each([
    ['nothing', 'conflict', 4, () => start([])],
    ['unhelpful', 'limit_reached', 8_000, () => play({ answers: [[text('short')]] })],
  ])('is %s when that would not help', (reason, code, length, begun) => {
    const self = begun();
    self.submit(asCommand({ type: 'context/add', role: 'user', text: 'x'.repeat(length) }));
    self.submit(compact());
    self.settle();
    const failed = { type: 'compaction.failed', data: { reason, error: { code } } };
    expect(self.journal.at(-1)).toMatchObject(failed);
    expect(self.state).toMatchObject({ compacted: [], cutBefore: 0 });
  });

  it('is not what was cut since', () => {
    const self = play({
      answers: [[text('x'.repeat(4_000))], [text('end')]],
      drive: (it) => it.submit(send('more')),
    });
    self.submit(compact());
    const late = summed(self, self.state.compaction?.id ?? '') as EffectCommand & { before: number };
    self.submit({ type: 'context/cut', before: late.before + 1, tokens: 1 });
    self.submit(late);
    expect(self.journal.at(-1)).toMatchObject({
      type: 'compaction.failed',
      data: { reason: 'superseded', usage: { input: 10 } },
    });
  });
});

const PLAN: Plan = {
  before: 9,
  replaced: [],
  previous: undefined,
  tokens: { before: 100, kept: 30, summary: 20 },
};

it.each([
  ['', 'empty'],
  [' \n', 'empty'],
  ['x'.repeat(100), 'long'],
  ['\u001b[2Jgone', 'control'],
  ['left \u202e right', 'control'],
])('a summary %j is refused as %s', (answer, reason) => {
  expect(takeSummary(answer, PLAN)).toMatchObject({ reason, error: { code: 'provider_failed' } });
});

it('a summary is taken without what stands around it, and without a secret', () => {
  expect(takeSummary(' the key is sk-a1B2c3D4e5F6g7H8i9J0\r\n', PLAN)).toEqual({
    summary: 'the key is [secret]',
    tokens: 5,
  });
});
