// Calls that start a child: what the parent's journal says, and what a recovery does from any cut of it.
import { describe, expect, it } from 'vitest';
import { violations } from '../../test/oracle.ts';
import {
  call,
  cancel,
  fromEveryCut,
  HI,
  isStuck,
  play,
  QUICK,
  resolve,
  SPAWN,
  start,
  trace,
  type Script,
} from './fixtures.ts';
import { childId, decide, effects, emptyState, statusOf, type AnyCommand } from './index.ts';

const begun = (tool: string): string => `${tool}:child.started ${tool}:started`;
const ended = (tool: string, status = 'ok'): string => `${tool}:child.finished ${tool}:${status}`;

const SCRIPTS: readonly Script[] = [
  {
    name: 'a child answers',
    answers: [[call('a', SPAWN)]],
    journal: `${HI} answer:calls ${begun('a')} ${ended('a')} step text:end answer:stop turn:completed`,
  },
  {
    name: 'a child that a human lets start',
    answers: [[call('a', { ...SPAWN, may: 'ask' })]],
    drive: (self) => self.submit(resolve('allow')),
    journal:
      `${HI} answer:calls a:asked a:allow ${begun('a')} ${ended('a')} ` +
      'step text:end answer:stop turn:completed',
  },
  {
    name: 'children beside each other and beside tools; one that fails halts nothing',
    answers: [[call('a', SPAWN), call('b', { ...SPAWN, does: 'error' }), call('c', QUICK)]],
    journal:
      `${HI} answer:calls ${begun('a')} ${begun('b')} c:started ${ended('a')} ${ended('b', 'error')} ` +
      'c:ok step text:end answer:stop turn:completed',
  },
  {
    name: 'a cancel reaches the children, and waits for their end',
    answers: [[call('a', { ...SPAWN, does: 'hang' }), call('b', { ...SPAWN, does: 'hang' })]],
    drive: (self) => self.submit(cancel()),
    journal:
      `${HI} answer:calls ${begun('a')} ${begun('b')} cancel ` +
      `${ended('a', 'cancelled')} ${ended('b', 'cancelled')} turn:cancelled`,
  },
  {
    name: 'a child outlives its host, and that is no interruption',
    profile: { recovery: 'pause' },
    answers: [[call('a', { ...SPAWN, does: 'hang' })]],
    drive: (self) => [self.restart().settle(), self.restart().settle(), self.submit(cancel())],
    journal:
      `${HI} answer:calls ${begun('a')} session.recovered session.recovered cancel ` +
      `${ended('a', 'cancelled')} turn:cancelled`,
  },
];

describe('a call that starts a child', () => {
  it.each(SCRIPTS)('$name', ({ journal, ...script }) => {
    const self = play(script);
    expect(trace(self.journal)).toBe(journal);
    expect(violations(self.journal)).toEqual([]);
  });

  it.each(SCRIPTS)('from any cut: $name', (script) => {
    for (const again of fromEveryCut(script)) {
      expect(violations(again.journal)).toEqual([]);
      expect(trace(again.journal)).not.toContain('unknown');
      expect(isStuck(again.state)).toBe(false);
    }
  });

  it('is seen to again after a recovery, whatever the incarnation', () => {
    const self = play({ answers: [[call('a', { ...SPAWN, does: 'hang' })]] });
    const [before] = effects(self.state);
    self.restart();
    expect(effects(self.state)).toEqual([before]);
    expect(before).toMatchObject({ kind: 'child', stop: false });
  });

  it('waits for a human while its child does', () => {
    const self = play({
      answers: [[call('a', { ...SPAWN, does: 'hang' }), call('b', { ...QUICK, does: 'hang' })]],
    });
    const [child = '', tool = ''] = self.state.turn?.step?.calls.map(({ id }) => id) ?? [];
    const seen = [statusOf(self.state)];
    const see = (command: AnyCommand): unknown => [self.submit(command), seen.push(statusOf(self.state))];
    see({ type: 'child/changed', call: child, waiting: true, questions: 1 });
    see({ type: 'call/finished', call: tool, status: 'ok', output: { text: '', bytes: 0 } });
    const { length } = self.journal;
    see({ type: 'child/changed', call: child, waiting: true, questions: 1 });
    expect(self.journal).toHaveLength(length);
    see({ type: 'child/changed', call: child, waiting: false, questions: 1 });
    see({ type: 'child/changed', call: child, waiting: true, questions: 2 });
    see({ type: 'child/changed', call: child, waiting: true, questions: 3 });
    see(cancel());
    expect(seen).toEqual([
      'running',
      'running',
      'waiting',
      'waiting',
      'running',
      'waiting',
      'waiting',
      'running',
    ]);
    expect(trace(self.journal)).toMatch(
      /a:child.waits b:ok a:child.works a:child.waits a:child.waits cancel$/,
    );
  });

  it('takes no result of a tool, and a tool none of a child', () => {
    const self = play({ answers: [[call('a', { ...SPAWN, does: 'hang' })]] });
    const id = self.state.turn?.step?.calls[0]?.id ?? '';
    const result = { call: id, status: 'ok', output: { text: '', bytes: 0 } } as const;
    expect(self.submit({ type: 'call/finished', ...result })).toMatchObject({
      refusal: { code: 'conflict' },
    });
    const other = play({ answers: [[call('a', { does: 'hang' })]] });
    const wrong = {
      type: 'child/finished',
      ...result,
      outcome: 'completed',
      usage: { input: 0, output: 0 },
    } as const;
    expect(other.submit({ ...wrong, call: other.state.turn?.step?.calls[0]?.id ?? '' })).toMatchObject({
      refusal: { code: 'conflict' },
    });
  });
});

describe('a turn that is not continued', () => {
  const mixed = [[call('a', { ...SPAWN, does: 'hang' }), call('b', { ...QUICK, does: 'hang' })]];

  it('pauses once its children have ended', () => {
    const self = play({ answers: mixed, profile: { recovery: 'pause' } })
      .restart()
      .settle();
    expect(self.state.turn).toBeDefined();
    expect(effects(self.state)).toMatchObject([{ kind: 'child', stop: false }]);
    const id = self.state.turn?.step?.calls[0]?.id ?? '';
    const output = { text: 'done', bytes: 4 };
    const usage = { input: 1, output: 1 };
    self.submit({ type: 'child/finished', call: id, outcome: 'completed', usage, status: 'ok', output });
    expect(trace(self.journal)).toMatch(
      /session.recovered b:unknown a:child.finished a:ok turn:interrupted$/,
    );
  });

  it('stops its children when it is given up', () => {
    const self = play({ answers: mixed });
    for (let times = 0; times < 4; times++) self.restart().settle();
    expect(trace(self.journal)).toMatch(/a:child.finished a:cancelled turn:failed$/);
  });

  it('pauses with a child that was interrupted', () => {
    const self = play({
      answers: [[call('a', { ...SPAWN, does: 'hang' })]],
      profile: { recovery: 'pause' },
    });
    const id = self.state.turn?.step?.calls[0]?.id ?? '';
    const output = { text: 'paused', bytes: 6 };
    const usage = { input: 1, output: 1 };
    self.submit({ type: 'child/finished', call: id, outcome: 'interrupted', usage, status: 'error', output });
    expect(trace(self.journal)).toMatch(/a:child.finished a:error turn:interrupted$/);
  });
});

it('a child knows where it comes from', () => {
  const self = start([]);
  const lineage = { parent: 'ses_1', parentCall: 'cal_7', root: 'ses_0', depth: 2 };
  const { profile } = self.state;
  const create = {
    type: 'session/create',
    owner: 'local',
    name: 'two',
    folder: '/work',
    profile,
    lineage,
  } as const;
  const facts = { at: 1, incarnation: 1, frame: { prompt: '', tools: '', model: '', date: '' } };
  expect(decide(emptyState('ses_1.7'), create, facts)).toMatchObject({
    events: [{ type: 'session.created', data: lineage }],
    state: lineage,
  });
});

it('ids of children are their own, and fit five generations below a session with many events', () => {
  let id = `ses_${'0'.repeat(26)}`;
  for (let depth = 1; depth <= 5; depth++) id = childId(id, 36 ** 6 - 1);
  expect(id).toMatch(/^ses_[a-zA-Z0-9._-]{1,64}$/);
  expect(childId('ses_1', 36)).not.toBe(childId(childId('ses_1', 1), 0));
});
