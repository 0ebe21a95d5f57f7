import { describe, expect, it } from 'vitest';
import type { Command } from '../protocol/index.ts';
import { asCommand, BUSY, BY, call, play, resolve, type Answer, type ProfileLike } from './fixtures.ts';
import { RUNTIME, statusOf, summaryOf, wakeAt } from './index.ts';
import type { Interpreter } from './interpreter.fixture.ts';

it.each<[string, Answer, ProfileLike, number | undefined]>([
  ['a retry', { failed: BUSY, retryInMs: 500 }, {}, 1_500],
  ['the first thing that is due', [call('a', { may: 'ask' })], { limits: { turnTimeoutMs: 9_000 } }, 6_000],
  ['the end of the turn', { silentAfter: '' }, { limits: { turnTimeoutMs: 300 } }, 1_300],
  ['the end of its lifetime', [], { limits: { lifetimeMs: 700 } }, 1_700],
  ['nothing', { silentAfter: '' }, {}, undefined],
])('%s wakes a session', (_what, answer, profile, at) => {
  const { state } = play({ answers: [answer], profile });
  expect(wakeAt(state)).toBe(at);
  expect(summaryOf(state).wakeAt).toBe(at);
});

describe('the lifetime of a session', () => {
  const mortal = (answers: readonly Answer[]): Interpreter =>
    play({ answers, profile: { limits: { lifetimeMs: 700 } } });
  const archived = (self: Interpreter): unknown[] =>
    self.journal.filter(({ type }) => type === 'session.archived').map(({ at, data }) => ({ at, data }));

  it('ends at its time, once', () => {
    const self = mortal([]).wait(699);
    expect(archived(self)).toEqual([]);
    self.wait(1).wait(10_000);
    expect(archived(self)).toEqual([{ at: 1_700, data: { by: RUNTIME } }]);
  });

  it('spares a turn, and ends behind it', () => {
    const self = mortal([[call('a', { may: 'ask' })]]).wait(2_000);
    expect(archived(self)).toEqual([]);
    self.submit(resolve('deny'));
    self.settle().wait(0);
    expect(statusOf(self.state)).toBe('archived');
  });

  it('begins anew when it is restored', () => {
    const self = mortal([]).wait(700);
    self.wait(300).submit(asCommand({ type: 'session/restore', by: BY }));
    self.settle();
    expect(wakeAt(self.state)).toBe(2_700);
  });

  it('is not cut short by a timer that fires early', () => {
    const self = mortal([]);
    expect(self.submit({ type: 'timer/fired', key: `lifetime:${self.state.session}` })).toMatchObject({
      refusal: { code: 'conflict' },
    });
  });
});

describe('a session that runs on start', () => {
  const mark = (runOnStart: boolean): Command =>
    asCommand({ type: 'session/configure', change: { runOnStart } });

  it('keeps the time of its first mark, and loses it', () => {
    const self = play({ answers: [] });
    expect(summaryOf(self.state)).toMatchObject({ open: false });
    const marked = [true, true, false, true].map((runOnStart) => {
      self.wait(100).submit(mark(runOnStart));
      return summaryOf(self.state).runOnStartAt;
    });
    expect(marked).toEqual([1_100, 1_100, undefined, 1_400]);
    self.submit(asCommand({ type: 'session/configure', change: { mode: 'full' } }));
    expect(summaryOf(self.state)).toMatchObject({ open: true, runOnStartAt: 1_400 });
    self.submit(asCommand({ type: 'session/archive', by: BY }));
    expect(summaryOf(self.state)).toMatchObject({ open: false });
  });

  it('is marked by the profile that it is created with', () => {
    const self = play({ answers: [], profile: { runOnStart: true } });
    expect(summaryOf(self.state)).toMatchObject({ open: true, runOnStartAt: 1_000 });
  });
});
