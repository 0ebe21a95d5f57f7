// Turns that are cancelled, steered, interrupted or lose their host: what the journal says, and that it holds from any cut.
import { describe, expect, it } from 'vitest';
import { violations } from '../../test/oracle.ts';
import {
  asCommand,
  BUSY,
  BY,
  call,
  cancel,
  fromEveryCut,
  goOn,
  HI,
  isStuck,
  play,
  QUICK,
  resolve,
  send,
  trace,
  type Answer,
  type Script,
} from './fixtures.ts';
import { emptyState, evolve } from './index.ts';
import type { Interpreter } from './interpreter.fixture.ts';
const CANCELS: readonly Script[] = [
  {
    name: 'a cancel while the model is asked',
    answers: [{ silentAfter: 'hel' }],
    drive: (self) => self.submit(cancel()),
    journal: `${HI} cancel text!:hel answer:cancelled turn:cancelled`,
  },
  {
    name: 'a cancel while a retry waits',
    answers: [{ failed: BUSY, retryInMs: 500 }],
    drive: (self) => self.submit(cancel()),
    journal: `${HI} retry cancel answer:cancelled turn:cancelled`,
  },
  {
    name: 'a cancel in the middle of a tool',
    answers: [[call('a', { does: 'hang' }), call('b')]],
    drive: (self) => self.submit(cancel()),
    journal: `${HI} answer:calls a:started cancel b:cancelled a:cancelled turn:cancelled`,
  },
  {
    name: 'a cancel of a tool that cannot be confirmed dead',
    answers: [[call('a', { does: 'lost' })]],
    drive: (self) => self.submit(cancel()),
    journal: `${HI} answer:calls a:started cancel a:unknown turn:cancelled`,
  },
  {
    name: 'a cancel in a parallel batch',
    profile: { limits: { parallelTools: 2 } },
    answers: [
      [
        call('a', QUICK),
        call('b', { ...QUICK, does: 'hang' }),
        call('c', { ...QUICK, does: 'hang' }),
        call('a', QUICK),
      ],
    ],
    drive: (self) => self.submit(cancel()),
    journal:
      `${HI} answer:calls a:started b:started a:ok c:started cancel a:cancelled ` +
      'b:cancelled c:cancelled turn:cancelled',
  },
  {
    name: 'a cancel while an approval waits',
    answers: [[call('a', { may: 'ask' }), call('b')]],
    drive: (self) => self.submit(cancel()),
    journal: `${HI} answer:calls a:asked cancel a:cancelled b:cancelled turn:cancelled`,
  },
  {
    name: 'a second cancel, which changes nothing',
    answers: [[call('a', { does: 'hang' })]],
    drive: (self) => [self.submit(cancel()), self.submit(cancel())],
    journal: `${HI} answer:calls a:started cancel a:cancelled turn:cancelled`,
  },
  {
    name: 'a turn that runs longer than it may',
    profile: { limits: { turnTimeoutMs: 100 } },
    answers: [[call('a', { does: 'hang' })]],
    drive: (self) => self.wait(99).wait(1),
    journal: `${HI} answer:calls a:started cancel a:cancelled turn:cancelled`,
  },
  {
    name: 'a cancel behind which the host stops',
    answers: [[call('a', { does: 'hang' })]],
    drive: (self) => [self.submit(cancel()), self.restart()],
    journal: `${HI} answer:calls a:started cancel session.recovered a:unknown turn:cancelled`,
  },
  {
    name: 'a cancel of an idempotent call that another incarnation had begun',
    answers: [[call('a', { ...QUICK, does: 'hang' })]],
    drive: (self) => [self.submit(cancel()), self.restart()],
    journal: `${HI} answer:calls a:started cancel session.recovered a:unknown turn:cancelled`,
  },
];

const HANGING: readonly Answer[] = [[call('a', { does: 'hang' })]];
const held = (self: Interpreter): unknown => [self.submit(send('two')), self.submit(cancel()), self.settle()];
const HELD = `${HI} answer:calls a:started cancel held:1 a:cancelled turn:cancelled`;
const END = 'text:end answer:stop turn:completed';

const INPUTS: readonly Script[] = [
  { name: 'a cancel holds what is queued', answers: HANGING, drive: held, journal: HELD },
  {
    name: 'what is held goes on with the next input, in order',
    answers: HANGING,
    drive: (self) => [held(self), self.submit(send('three'))],
    journal: `${HELD} delivered:two step ${END} delivered:three step ${END}`,
  },
  {
    name: 'what is held goes on when told',
    answers: HANGING,
    drive: (self) => [held(self), self.submit(goOn())],
    journal: `${HELD} delivered:two step ${END}`,
  },
  {
    name: 'what is held can be withdrawn',
    answers: HANGING,
    drive: (self) => [held(self), self.submit(asCommand({ type: 'input/withdraw', command: 'cmd_two' }))],
    journal: `${HELD} withdrawn:two`,
  },
  {
    name: 'what is sent to a turn that is being cancelled runs after it',
    answers: HANGING,
    drive: (self) => [self.submit(cancel()), self.submit(send('two'))],
    journal: `${HI} answer:calls a:started cancel a:cancelled turn:cancelled delivered:two step ${END}`,
  },
  {
    name: 'steering comes before the next step, the queue after the turn, one by one',
    answers: [[call('a', { may: 'ask' })]],
    drive: (self) => [
      self.submit(send('q1')),
      self.submit(send('s1', { delivery: 'steer' })),
      self.submit(send('q2')),
      self.submit(send('s2', { delivery: 'steer' })),
      self.submit(resolve('allow')),
    ],
    journal:
      `${HI} answer:calls a:asked a:allow a:started a:ok delivered:s1 delivered:s2 step ${END} ` +
      `delivered:q1 step ${END} delivered:q2 step ${END}`,
  },
  {
    name: 'steering that was held starts a turn, all of it together',
    answers: [{ silentAfter: '' }],
    drive: (self) => [
      self.submit(send('s1', { delivery: 'steer' })),
      self.submit(send('s2', { delivery: 'steer' })),
      self.submit(send('q1')),
      self.submit(cancel()),
      self.settle(),
      self.submit(goOn()),
    ],
    journal:
      `${HI} cancel held:3 answer:cancelled turn:cancelled delivered:s1 delivered:s2 step ${END} ` +
      `delivered:q1 step ${END}`,
  },
  {
    name: 'a failed turn holds what is queued',
    answers: [{ failed: BUSY, retryInMs: 500 }, { failed: BUSY }],
    drive: (self) => [self.submit(send('two')), self.wait(500)],
    journal: `${HI} retry answer:failed turn:failed held:1`,
  },
  {
    name: 'context without a turn',
    answers: [],
    drive: (self) => [
      self.submit(asCommand({ type: 'context/add', role: 'note', text: 'mind the step' })),
      self.submit(asCommand({ type: 'context/add', role: 'user', text: 'and the door' })),
    ],
    journal: `${HI} ${END} context.added context.added`,
  },
];

const restart = (self: Interpreter): unknown => self.restart();
const ASKED = `${HI} session.recovered`;
const AT_WORK = `${HI} answer:calls a:started session.recovered`;
const LOST = { code: 'internal', message: 'lost' } as const;

const RECOVERIES: readonly Script[] = [
  {
    name: 'a restart while the model is asked',
    answers: [{ silentAfter: '' }],
    drive: (self) =>
      self.restart(undefined, [
        { kind: 'text', part: 'prt_1', text: 'hel', step: self.state.turn?.step?.id ?? '' },
      ]),
    journal: `${ASKED} text!:hel step ${END}`,
  },
  {
    name: 'a restart while the model is asked, with a profile that pauses',
    profile: { recovery: 'pause' },
    answers: [{ silentAfter: '' }],
    drive: restart,
    journal: `${ASKED} turn:interrupted`,
  },
  {
    name: 'a pause, and going on',
    profile: { recovery: 'pause' },
    answers: [{ silentAfter: '' }],
    drive: (self) => [self.submit(send('two')), self.restart(), self.submit(goOn())],
    journal: `${ASKED} turn:interrupted held:1 delivered:two step ${END}`,
  },
  {
    name: 'a restart in the middle of a tool',
    answers: [[call('a', { does: 'hang' }), call('b')]],
    drive: restart,
    journal: `${AT_WORK} a:unknown b:cancelled step ${END}`,
  },
  {
    name: 'a restart in the middle of a tool, with a profile that pauses',
    profile: { recovery: 'pause' },
    answers: [[call('a', { does: 'hang' }), call('b')]],
    drive: restart,
    journal: `${AT_WORK} a:unknown b:cancelled turn:interrupted`,
  },
  {
    name: 'a restart in the middle of an idempotent tool',
    answers: [[call('a', { does: 'hang', idempotent: true })]],
    drive: (self) => [self.restart(), self.settle(), self.submit(cancel())],
    journal: `${AT_WORK} a:started cancel a:cancelled turn:cancelled`,
  },
  {
    name: 'a restart in the middle of an idempotent tool, with a profile that pauses',
    profile: { recovery: 'pause' },
    answers: [[call('a', { ...QUICK, does: 'hang' }), call('b', { ...QUICK, may: 'ask' })]],
    drive: restart,
    journal: `${HI} answer:calls a:started b:asked session.recovered a:unknown b:cancelled turn:interrupted`,
  },
  {
    name: 'a restart for the fourth time while the model is asked',
    answers: [1, 2, 3, 4].map(() => ({ silentAfter: '' })),
    drive: (self) => [1, 2, 3, 4].map(() => self.restart().settle()),
    journal: `${ASKED} step session.recovered step session.recovered step session.recovered turn:failed`,
  },
  {
    name: 'a restart for the fourth time in the same idempotent tool',
    answers: [[call('a', { does: 'hang', idempotent: true }), call('b')]],
    drive: (self) => [1, 2, 3, 4].map(() => self.restart().settle()),
    journal:
      `${AT_WORK} a:started session.recovered a:started session.recovered a:started ` +
      'session.recovered a:unknown b:cancelled turn:failed',
  },
  {
    name: 'a crash, which changes nothing by itself',
    answers: [[call('a', { may: 'ask' })]],
    drive: (self) => self.submit({ type: 'session/crash', error: LOST }),
    journal: `${HI} answer:calls a:asked session.crashed`,
  },
  {
    name: 'a failure in the middle of a tool, and a revival',
    answers: [[call('a', { does: 'hang' })]],
    drive: (self) => [
      self.submit({ type: 'session/fail', error: LOST }),
      self.settle(),
      self.submit(asCommand({ type: 'session/revive' })),
    ],
    journal: `${HI} answer:calls a:started session.failed a:unknown session.revived step ${END}`,
  },
  {
    name: 'a failure while the model is asked, and a revival',
    answers: [{ silentAfter: '' }],
    drive: (self) => [
      self.submit({ type: 'session/fail', error: LOST }),
      self.settle(),
      self.submit(asCommand({ type: 'session/revive' })),
    ],
    journal: `${HI} session.failed session.revived step ${END}`,
  },
  {
    name: 'a failure while the model is asked, another host, and a revival',
    answers: [{ silentAfter: '' }],
    drive: (self) => [
      self.submit({ type: 'session/fail', error: LOST }),
      self.restart().settle(),
      self.submit(asCommand({ type: 'session/revive' })),
    ],
    journal: `${HI} session.failed session.recovered session.revived step ${END}`,
  },
  {
    name: 'an archive, and its restoration',
    answers: [],
    drive: (self) => [
      self.submit(asCommand({ type: 'session/archive', by: BY })),
      self.submit(send('two')),
      self.submit(asCommand({ type: 'session/restore', by: BY })),
      self.submit(send('three')),
    ],
    journal: `${HI} ${END} session.archived session.restored delivered:three step ${END}`,
  },
];

describe.each([
  ['cancels', CANCELS],
  ['inputs', INPUTS],
  ['recoveries', RECOVERIES],
])('%s', (_group, scripts) => {
  it.each(scripts)('$name', (script) => {
    const { journal, state } = play(script);
    expect(trace(journal)).toBe(script.journal);
    expect(violations(journal)).toEqual([]);
    expect(journal.reduce(evolve, emptyState('ses_1'))).toEqual(state);
  });

  it.each(scripts)('$name, cut anywhere and recovered', (script) => {
    const wrong = fromEveryCut(script).filter(
      ({ journal, state }) => violations(journal).length > 0 || isStuck(state),
    );
    expect(wrong.map(({ journal }) => trace(journal))).toEqual([]);
  });
});
