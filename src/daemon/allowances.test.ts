import { expect, it } from 'vitest';
import { DEFAULT_DAEMON_LIMITS } from '../config/index.ts';
import type { CarrelError } from '../protocol/index.ts';
import { manualClock } from '../testing/index.ts';
import { Allowances } from './allowances.ts';
import { OWNER, type Identity } from './identity.ts';
import { Live, type Guest } from './live.ts';

const LIMITS = {
  ...DEFAULT_DAEMON_LIMITS,
  tokenConnections: 2,
  tokenFollows: 3,
  tokenRequestsPerSecond: 1,
  tokenSessionsPerHour: 4,
  tokenStoredMbPerDay: 1,
};
const BOT: Identity = { name: 'bot', scopes: ['observe'] };
const refusalOf = (action: () => unknown): CarrelError['data'] & { code?: string } => {
  try {
    action();
    return {};
  } catch (error) {
    const { code, data } = error as CarrelError;
    return { ...data, code };
  }
};

const COUNTED = [
  ['connect', 2, 'limits.tokenConnections'],
  ['call', 2, 'limits.tokenConnections'],
  ['follow', 3, 'limits.tokenFollows'],
] as const;

it.each(COUNTED)('%s: so many at once, and again when one ends', (what, most, key) => {
  const allowance = new Allowances(LIMITS, manualClock()).of(BOT);
  const held = Array.from({ length: most }, () => allowance[what]());
  expect(refusalOf(() => allowance[what]())).toMatchObject({ code: 'overloaded', key, limit: most });
  held[0]?.[Symbol.dispose]();
  held[0]?.[Symbol.dispose]();
  allowance[what]();
  expect(refusalOf(() => allowance[what]()).code).toBe('overloaded');
});

const RATED = [
  ['requests', (one: Used) => one.request(false), 10, 1000],
  ['endings', (one: Used) => one.request(true), 10, 1000],
  ['sessions', (one: Used) => one.createSession(), 4, 900_000],
  ['bytes', (one: Used) => one.store(512 * 1024), 2, 43_200_000],
] as const;
type Used = ReturnType<Allowances['of']>;

it.each(RATED)(
  '%s: so many at once, then as fast as it fills, and it says when',
  async (_what, use, most, ms) => {
    const clock = manualClock();
    const allowances = new Allowances(LIMITS, clock);
    for (let n = 0; n < most; n++) use(allowances.of(BOT));
    const refused = refusalOf(() => use(allowances.of(BOT)));
    expect([refused.code, refused['retryAfterMs']]).toEqual(['overloaded', ms]);
    use(allowances.of({ ...BOT, name: 'other' }));
    await clock.advance(ms - 1);
    expect(refusalOf(() => use(allowances.of(BOT)))['retryAfterMs']).toBe(1);
    await clock.advance(1);
    use(allowances.of(BOT));
    for (let n = 0; n < most * 99; n++) use(allowances.of(OWNER));
  },
);

it('refuses for good what never fits, and forgets who uses nothing', async () => {
  const clock = manualClock();
  const allowances = new Allowances(LIMITS, clock);
  expect(refusalOf(() => allowances.of(BOT).store(2 * 1024 * 1024)).code).toBe('limit_reached');
  const held = allowances.of(BOT);
  held.connect();
  for (let n = 0; n < 3000; n++) allowances.of({ ...BOT, name: `t${String(n)}` });
  expect(allowances.of(BOT)).toBe(held);
});

const guest = (identity?: Identity): Guest & { closed: string[] } => {
  const closed: string[] = [];
  return { identity, closed, close: ({ code }) => void closed.push(code) };
};

it('closes the oldest of those that do not say who they are, apart by where they come from', () => {
  const live = new Live({ connections: 10, strangers: 2 });
  const [first, second, third, local] = [guest(), guest(), guest(), guest()];
  live.add(first);
  const left = live.add(second);
  live.add(local, 'local');
  expect(first.closed).toEqual([]);
  live.add(third);
  expect([first.closed, second.closed, local.closed]).toEqual([['overloaded'], [], []]);
  left[Symbol.dispose]();
  live.know(third, BOT);
  live.add(guest());
  live.add(guest());
  expect(third.closed).toEqual([]);
});

it('keeps a tenth of the places for the owner', () => {
  const live = new Live({ connections: 10, strangers: 20 });
  for (let n = 0; n < 9; n++) live.add(guest(BOT));
  expect(refusalOf(() => live.add(guest(BOT)))).toMatchObject({ code: 'overloaded', limit: 9 });
  const last = live.add(guest(OWNER));
  expect(refusalOf(() => live.add(guest(OWNER)))).toMatchObject({ code: 'overloaded', retryAfterMs: 1000 });
  last[Symbol.dispose]();
  live.add(guest(OWNER));
});
