// What the model is sent, what an approval leaves behind, and what is refused.
import { describe, expect, it } from 'vitest';
import {
  asCommand,
  BUSY,
  call,
  goOn,
  play,
  QUICK,
  requests,
  resolve,
  send,
  start,
  text,
  type Answer,
} from './fixtures.ts';
import { effects, emptyState, evolve } from './index.ts';
import type { Interpreter } from './interpreter.fixture.ts';
describe('the model is sent', () => {
  it('nothing of an attempt that failed', () => {
    const answers: Answer[] = [{ failed: BUSY, shown: 'hel', retryInMs: 1 }, [text('hello')]];
    expect(requests({ answers, drive: (self) => self.wait(1) })).toEqual(['user: hi', 'user: hi']);
  });

  it('what an interrupted answer had said, and a word to go on', () => {
    const answers: Answer[] = [{ failed: BUSY, shown: 'hel' }];
    const [, second] = requests({ answers, drive: (self) => self.submit(goOn()) });
    expect(second).toMatch(/^user: hi \| assistant: hel \| user: Your last answer was interrupted/);
  });

  it('results in the order of the calls, with the one that was lost, cancelled or denied', () => {
    const answers = [
      [call('a', { ...QUICK, may: 'ask' }), call('b', QUICK), call('c', { ...QUICK, may: 'deny' })],
    ];
    const [, second] = requests({
      answers,
      drive: (self) => self.submit(resolve('deny', { reason: 'no' })),
    });
    expect(second).toBe(
      'user: hi | assistant: call of a, call of b, call of c | ' +
        'tool: Denied by the user: no., ok, Denied: a rule says so.',
    );
  });

  it('which call halted the batch', () => {
    const [, second] = requests({ answers: [[call('a', { does: 'error' }), call('b')]] });
    expect(second).toContain('tool: error, Not run: the call of a before it ended with error.');
  });

  it('a turn without history by itself', () => {
    const drive = (self: Interpreter): unknown => self.submit(send('alone', { without: ['history'] }));
    expect(requests({ answers: [], drive })).toEqual(['user: hi', 'user: alone']);
  });

  it('the same call id again for an idempotent call that runs again', () => {
    const self = start([[call('a', { does: 'hang', idempotent: true })]]);
    self.submit(send('hi'));
    self.settle().restart();
    const started = self.journal.filter((event) => event.type === 'tool.started');
    expect(started.map((event) => [event.call, event.data.incarnation])).toEqual([
      [started[0]?.call, 1],
      [started[0]?.call, 2],
    ]);
  });
});

describe('an approval', () => {
  it.each(['session', 'path', 'always'] as const)('with scope %s is remembered', (scope) => {
    const self = start([[call('a', { may: 'ask', path: '/home/me/x' })]]);
    self.submit(send('hi'));
    self.settle().submit(resolve('allow', { scope }));
    expect(self.state.grants).toEqual([{ tool: 'a', scope, path: '/home/me/x' }]);
  });

  it.each([
    ['allow', 'once'],
    ['deny', 'session'],
  ] as const)('that says %s, scope %s, is not', (decision, scope) => {
    const self = start([[call('a', { may: 'ask' })]]);
    self.submit(send('hi'));
    self.settle().submit(resolve(decision, { scope }));
    expect(self.state.grants).toEqual([]);
  });

  it('names its call when several wait', () => {
    const self = start([[call('a', { ...QUICK, may: 'ask' }), call('b', { ...QUICK, may: 'ask' })]]);
    self.submit(send('hi'));
    self.settle();
    const calls = self.state.turn?.step?.calls.map(({ id }) => id) ?? [];
    expect(self.submit(resolve('allow'))).toMatchObject({ refusal: { code: 'conflict', data: { calls } } });
    expect(self.submit(resolve('allow', { call: calls[1] ?? '' }))).toMatchObject({
      reply: { call: calls[1] },
    });
    expect(self.submit(resolve('allow', { call: calls[1] ?? '' }))).toMatchObject({
      refusal: { code: 'conflict' },
    });
  });

  it('reaches no question that its sender had not seen', () => {
    const self = start([[call('a', { may: 'ask' }), call('b', { may: 'ask' })]]);
    self.submit(send('hi'));
    self.settle();
    const { seq } = self.state;
    self.submit(resolve('deny', { seq }));
    self.settle();
    const [, second] = self.state.turn?.step?.calls ?? [];
    expect(second).toMatchObject({ tool: 'b', status: 'waiting' });
    const calls = [second?.id];
    expect(self.submit(resolve('allow', { seq }))).toMatchObject({
      refusal: { code: 'conflict', data: { calls } },
    });
    expect(self.submit(resolve('allow', { seq: self.state.seq }))).toMatchObject({
      reply: { call: second?.id },
    });
  });
});

it('a call that an older incarnation started never runs, whatever the journal ends with', () => {
  const { journal } = play({
    answers: [[call('a', { does: 'hang' })]],
    drive: (self) => self.restart(),
  });
  const recovered = journal.findIndex(({ type }) => type === 'session.recovered');
  const before = journal.slice(0, recovered).reduce(evolve, emptyState('ses_1'));
  const after = journal.slice(0, recovered + 1).reduce(evolve, emptyState('ses_1'));
  expect(effects(before)).toMatchObject([{ kind: 'run' }]);
  expect(after.turn?.step?.calls).toMatchObject([{ status: 'started', incarnation: 1 }]);
  expect(effects(after)).toEqual([]);
});

const tags = (count: number, value: string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag${String(index)}`, value]));

it('tags are bounded, and an empty value makes room', () => {
  const self = play({ answers: [] });
  const tag = (count: number, value: string): unknown =>
    self.submit(asCommand({ type: 'session/tag', tags: tags(count, value) }));
  expect(tag(64, 'x')).toHaveProperty('reply');
  expect(tag(65, 'x')).toMatchObject({ refusal: { code: 'limit_reached' } });
  expect(tag(63, '')).toHaveProperty('reply');
  expect(self.state.tags).toEqual({ tag63: 'x' });
});

describe('a refusal', () => {
  it.each([
    ['an empty input', send(' '), 'invalid_params'],
    ['empty context', asCommand({ type: 'context/add', role: 'note', text: ' ' }), 'invalid_params'],
    ['an input over 10 MiB', send('x', { text: 'ä'.repeat(5 * 1024 * 1024 + 1) }), 'invalid_params'],
    ['an input that nobody queued', asCommand({ type: 'input/withdraw', command: 'cmd_x' }), 'not_found'],
    ['going on after a turn that completed', goOn(), 'conflict'],
  ] as const)('of %s', (_what, command, code) => {
    const self = play({ answers: [] });
    expect(self.submit(command)).toMatchObject({ refusal: { code } });
  });

  it('of one input more than the queue holds', () => {
    const self = play({ answers: [[call('a', { does: 'hang' })]] });
    for (const said of ['1', '2', '3', '4']) expect(self.submit(send(said))).toHaveProperty('reply');
    expect(self.submit(send('5'))).toMatchObject({ refusal: { code: 'limit_reached' } });
  });

  it('of an answer that nobody waits for any more', () => {
    const self = play({ answers: [{ silentAfter: '' }] });
    const step = self.state.turn?.step?.id ?? '';
    const error = BUSY;
    expect(self.submit({ type: 'step/failed', step, attempt: 2, parts: [], error })).toHaveProperty(
      'refusal',
    );
    self.restart();
    expect(self.submit({ type: 'step/failed', step, attempt: 1, parts: [], error })).toHaveProperty(
      'refusal',
    );
  });
});
