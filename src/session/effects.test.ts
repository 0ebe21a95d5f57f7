import { expect, it } from 'vitest';
import { BUSY, call, play, type Answer, type ProfileLike } from './fixtures.ts';
import { summaryOf, wakeAt } from './index.ts';

it.each<[string, Answer, ProfileLike, number | undefined]>([
  ['a retry', { failed: BUSY, retryInMs: 500 }, {}, 1_500],
  ['the first thing that is due', [call('a', { may: 'ask' })], { limits: { turnTimeoutMs: 9_000 } }, 6_000],
  ['the end of the turn', { silentAfter: '' }, { limits: { turnTimeoutMs: 300 } }, 1_300],
  ['nothing', { silentAfter: '' }, {}, undefined],
])('%s wakes a session', (_what, answer, profile, at) => {
  const { state } = play({ answers: [answer], profile });
  expect(wakeAt(state)).toBe(at);
  expect(summaryOf(state).wakeAt).toBe(at);
});
