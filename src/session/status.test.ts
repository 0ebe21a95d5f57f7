// Every cell of the table, on states that commands really lead to.
import { describe, expect, it } from 'vitest';
import type { Command, CommandType, Status } from '../protocol/index.ts';
import {
  asCommand,
  BY,
  call,
  cancel,
  FRAME,
  goOn,
  play,
  QUICK,
  resolve,
  scripted,
  send,
} from './fixtures.ts';
import { FORBIDDEN, NEXT, STATUSES, statusOf, summaryOf } from './index.ts';
import { Interpreter } from './interpreter.fixture.ts';

const BUDGET = { budget: { session: { steps: 100 } } };

const ERROR = { code: 'internal', message: 'lost' } as const;

/** A session of each status, with the input `two` queued. */
const REACH: Readonly<Record<Status, () => Interpreter>> = {
  idle: () =>
    play({
      profile: BUDGET,
      answers: [{ silentAfter: '' }],
      drive: (self) => [self.submit(send('two')), self.submit(cancel())],
    }),
  running: () =>
    play({
      profile: BUDGET,
      answers: [[call('a', { ...QUICK, may: 'ask' }), call('b', { ...QUICK, does: 'hang' })]],
      drive: (self) => self.submit(send('two')),
    }),
  waiting: () =>
    play({
      profile: BUDGET,
      answers: [[call('a', { may: 'ask' })]],
      drive: (self) => self.submit(send('two')),
    }),
  paused: () =>
    play({
      profile: { ...BUDGET, recovery: 'pause' },
      answers: [{ silentAfter: '' }],
      drive: (self) => [self.submit(send('two')), self.restart()],
    }),
  failed: () => {
    const self = REACH.waiting();
    self.submit({ type: 'session/fail', error: ERROR });
    return self;
  },
  archived: () => {
    const self = REACH.idle();
    self.submit(asCommand({ type: 'session/archive', by: BY }));
    return self;
  },
};

const COMMANDS: { readonly [C in CommandType]: () => Command } = {
  'input/send': () => send('three'),
  'input/withdraw': () => asCommand({ type: 'input/withdraw', command: 'cmd_two' }),
  'turn/cancel': () => cancel('enough'),
  'turn/continue': goOn,
  'approval/resolve': () => resolve('allow'),
  'context/compact': () => asCommand({ type: 'context/compact' }),
  'context/uncompact': () => asCommand({ type: 'context/uncompact' }),
  'context/add': () => asCommand({ type: 'context/add', text: 'mind', role: 'note' }),
  'budget/raise': () =>
    asCommand({ type: 'budget/raise', scope: 'session', measure: 'steps', to: 200, by: BY }),
  'session/rename': () => asCommand({ type: 'session/rename', name: 'other', title: 'Other' }),
  'session/tag': () => asCommand({ type: 'session/tag', tags: { a: 'b' } }),
  'session/configure': () => asCommand({ type: 'session/configure', change: { mode: 'full' } }),
  'session/archive': () => asCommand({ type: 'session/archive', by: BY }),
  'session/restore': () => asCommand({ type: 'session/restore', by: BY }),
  'session/revive': () => asCommand({ type: 'session/revive', by: BY }),
};

const CELLS = STATUSES.flatMap((status) =>
  (Object.keys(COMMANDS) as CommandType[]).map((type) => ({ status, type, why: FORBIDDEN[type][status] })),
);

describe('a session that is', () => {
  it.each(STATUSES)('%s says so', (status) => {
    const { state } = REACH[status]();
    expect(statusOf(state)).toBe(status);
    expect(summaryOf(state)).toMatchObject({ status, queued: 1 });
  });

  it.each(CELLS.filter(({ why }) => why !== undefined))(
    '$status refuses $type: $why',
    ({ status, type, why }) => {
      const self = REACH[status]();
      const before = self.state;
      const refused = self.submit(COMMANDS[type]());
      expect(refused).toMatchObject({ refusal: { code: 'conflict', data: { status } } });
      expect(refused).toHaveProperty('refusal.message', expect.stringContaining(why ?? ''));
      expect(self.state).toBe(before);
    },
  );

  it.each(CELLS.filter(({ why }) => why === undefined))('$status takes $type', ({ status, type }) => {
    const self = REACH[status]();
    self.state = { ...self.state, compacted: [{ id: 'cmp_1', cutBefore: 0 }] };
    expect(self.submit(COMMANDS[type]())).toHaveProperty('reply');
    expect(NEXT[status]).toContain(statusOf(self.state));
  });

  it.each(STATUSES)('%s may crash, and changes nothing by it', (status) => {
    const self = REACH[status]();
    expect(self.submit({ type: 'session/crash', error: ERROR })).toHaveProperty('reply');
    expect(statusOf(self.state)).toBe(status);
  });

  it.each(STATUSES)('%s may fail', (status) => {
    const self = REACH[status]();
    expect(self.submit({ type: 'session/fail', error: ERROR })).toHaveProperty('reply');
    expect(statusOf(self.state)).toBe(status === 'archived' ? 'archived' : 'failed');
    expect(NEXT[status]).toContain(statusOf(self.state));
  });

  it.each(STATUSES)('%s is created only once', (status) => {
    const self = REACH[status]();
    const { owner, name, folder, profile } = self.state;
    const again = self.submit({ type: 'session/create', owner, name, folder, profile });
    expect(again).toMatchObject({ refusal: { code: 'already_exists' } });
  });
});

it.each(Object.entries(COMMANDS))('nothing takes %s before there is a session', (_type, command) => {
  const self = new Interpreter(scripted([]), FRAME);
  expect(self.submit(command())).toMatchObject({ refusal: { code: 'not_found' } });
});

it('a failed session that was archived is restored to be failed, and revived to go on', () => {
  const self = REACH.failed();
  const statuses = (['session/archive', 'session/restore', 'session/revive'] as const).map((type) => {
    self.submit(COMMANDS[type]());
    return statusOf(self.state);
  });
  expect(statuses).toEqual(['archived', 'failed', 'waiting']);
});
