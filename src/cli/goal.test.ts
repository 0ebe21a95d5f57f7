import { describe, expect, it } from 'vitest';
import type { ViewItem } from '../protocol/index.ts';
import { EXIT } from './exit.ts';
import { event } from './fixtures.ts';
import { Goal, type Target } from './goal.ts';

const usage = { input: 0, output: 0 };
const finished = (turn: string, outcome: 'completed' | 'failed' | 'cancelled' = 'completed'): ViewItem =>
  event('turn.finished', { outcome, why: 'test', usage }, { turn });
const refused = event(
  'turn.finished',
  { outcome: 'failed', why: 'test', usage, error: { code: 'overloaded', message: 'full' } },
  { turn: 'trn_1' },
);
const delivered = event('input.delivered', { command: 'cmd_1' }, { turn: 'trn_2' });

describe('Goal', () => {
  const cases: readonly (readonly [string, Target, readonly ViewItem[], number | undefined])[] = [
    ['the turn that was named', { turn: 'trn_1' }, [finished('trn_1')], EXIT.done],
    ['not another turn', { turn: 'trn_1' }, [finished('trn_9')], undefined],
    [
      'the turn that delivers the input',
      { input: 'cmd_1' },
      [finished('trn_1'), delivered, finished('trn_2')],
      EXIT.done,
    ],
    ['not a turn before that', { input: 'cmd_1' }, [finished('trn_1')], undefined],
    [
      'an input that is held',
      { input: 'cmd_1' },
      [event('input.held', { commands: ['cmd_1'] })],
      EXIT.failed,
    ],
    ['whichever turn is next', 'next', [finished('trn_7', 'cancelled')], EXIT.cancelled],
    ['a refusal', { turn: 'trn_1' }, [refused], EXIT.refused],
    [
      'a session that gave up',
      { turn: 'trn_1' },
      [event('session.failed', { error: { code: 'internal', message: 'x' } })],
      EXIT.failed,
    ],
  ];
  it.each(cases)('recognises %s', (_what, target, items, wanted) => {
    const goal = new Goal(target);
    expect(items.map((item) => goal.reached(item)).find((exit) => exit !== undefined)).toBe(wanted);
  });
});
