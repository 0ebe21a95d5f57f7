// Whole turns on the pure core: what a script of answers and commands writes into the journal, and that it holds from any cut.
import { describe, expect, it } from 'vitest';
import { violations } from '../../test/oracle.ts';
import {
  asCommand,
  BUSY,
  BY,
  call,
  cancel,
  goOn,
  reasoning,
  resolve,
  scripted,
  send,
  start,
  text,
  trace,
  type Answer,
  type ProfileLike,
} from './fixtures.ts';
import { Conversation, emptyState, evolve, transcript } from './index.ts';
import { Interpreter, type World } from './interpreter.fixture.ts';

interface Script {
  readonly name: string;
  readonly profile?: ProfileLike;
  readonly answers: readonly Answer[];
  /** After `hi` was sent and everything settled. */
  readonly then?: (self: Interpreter) => unknown;
  readonly journal: string;
}

const INVALID = { code: 'invalid_params', message: 'bad arguments' } as const;
const UNKNOWN_TOOL = { code: 'not_found', message: 'no such tool' } as const;
const quick = { idempotent: true, parallel: true };
const HI = 'delivered:hi step';

const ANSWERS: readonly Script[] = [
  {
    name: 'a plain answer',
    answers: [[text('hello')]],
    journal: `${HI} text:hello answer:stop turn:completed`,
  },
  {
    name: 'reasoning and text',
    answers: [[reasoning('hm'), text('hello')]],
    journal: `${HI} reasoning:hm text:hello answer:stop turn:completed`,
  },
  {
    name: 'three tool rounds',
    answers: [[text('one'), call('a')], [call('b')], [call('c')], [text('done')]],
    journal:
      `${HI} text:one answer:calls a:started a:ok step answer:calls b:started b:ok step ` +
      'answer:calls c:started c:ok step text:done answer:stop turn:completed',
  },
  {
    name: 'an empty answer, once',
    answers: [[], [text('hello')]],
    journal: `${HI} answer:empty step text:hello answer:stop turn:completed`,
  },
  {
    name: 'an empty answer, twice',
    answers: [[], [reasoning('hm'), text(' ')]],
    journal: `${HI} answer:empty step reasoning:hm text:  answer:empty turn:failed`,
  },
  {
    name: 'an answer cut by the output limit',
    answers: [{ pieces: [text('one')], reason: 'length' }],
    journal: `${HI} text:one answer:length turn:length`,
  },
  {
    name: 'an answer cut by the output limit, continued',
    profile: { continueOnLength: true },
    answers: [{ pieces: [text('one')], reason: 'length' }, [text('two')]],
    journal: `${HI} text:one answer:length step text:two answer:stop turn:completed`,
  },
  {
    name: 'an answer cut by the output limit, continued three times',
    profile: { continueOnLength: true },
    answers: ['1', '2', '3', '4', '5'].map((n) => ({ pieces: [text(n)], reason: 'length' })),
    journal:
      `${HI} text:1 answer:length step text:2 answer:length step text:3 answer:length ` +
      'step text:4 answer:length turn:length',
  },
  {
    name: 'an answer cut before it said anything',
    profile: { continueOnLength: true },
    answers: [{ pieces: [reasoning('hm')], reason: 'length' }],
    journal: `${HI} reasoning:hm answer:length turn:length`,
  },
  {
    name: 'a filter',
    answers: [{ pieces: [text('bad')], reason: 'filter' }],
    journal: `${HI} text:bad answer:filter turn:failed`,
  },
  {
    name: 'calls announced, and none made',
    answers: [{ pieces: [text('now')], reason: 'calls' }],
    journal: `${HI} text:now answer:calls turn:failed`,
  },
  {
    name: 'calls until there are no more steps',
    profile: { limits: { maxSteps: 2 } },
    answers: [[call('a')], [call('b')]],
    journal: `${HI} answer:calls a:started a:ok step answer:calls b:started b:ok turn:halted`,
  },
  {
    name: 'a turn without history and tools',
    answers: [[text('one')], [text('two')]],
    then: (self) => self.submit(send('alone', { without: ['history', 'tools'] })),
    journal: `${HI} text:one answer:stop turn:completed delivered:alone step text:two answer:stop turn:completed`,
  },
];

const FAILURES: readonly Script[] = [
  {
    name: 'a retry, then success',
    answers: [{ failed: BUSY, shown: 'hel', retryInMs: 500 }, [text('hello')]],
    then: (self) => self.wait(499).settle().wait(1),
    journal: `${HI} text!:hel retry text:hello answer:stop turn:completed`,
  },
  {
    name: 'a retry that is not due yet',
    answers: [{ failed: BUSY, retryInMs: 500 }, [text('hello')]],
    then: (self) => self.wait(499),
    journal: `${HI} retry`,
  },
  {
    name: 'retries used up',
    answers: [1, 2, 3, 4].map(() => ({ failed: BUSY, retryInMs: 10 })),
    then: (self) => self.wait(10).settle().wait(10).settle().wait(10),
    journal: `${HI} retry retry answer:failed turn:failed`,
  },
  {
    name: 'a failure that no retry can mend',
    answers: [{ failed: { code: 'unauthorized', message: 'no key' }, shown: 'hel' }],
    journal: `${HI} text!:hel answer:failed turn:failed`,
  },
  {
    name: 'a failure, continued by the user',
    answers: [{ failed: BUSY, shown: 'hel' }, [text('lo')]],
    then: (self) => self.submit(goOn()),
    journal: `${HI} text!:hel answer:failed turn:failed step text:lo answer:stop turn:completed`,
  },
];

const BATCHES: readonly Script[] = [
  {
    name: 'a sequential batch',
    answers: [[call('a'), call('b')]],
    journal: `${HI} answer:calls a:started a:ok b:started b:ok step text:end answer:stop turn:completed`,
  },
  {
    name: 'a sequential batch that halts on an error',
    answers: [[call('a', { does: 'error' }), call('b'), call('c')]],
    journal: `${HI} answer:calls a:started a:error b:cancelled c:cancelled step text:end answer:stop turn:completed`,
  },
  {
    name: 'a parallel batch, in which an error halts nothing',
    answers: [[call('a', { ...quick, does: 'error' }), call('b', quick), call('c', quick)]],
    journal:
      `${HI} answer:calls a:started b:started c:started a:error b:ok c:ok ` +
      'step text:end answer:stop turn:completed',
  },
  {
    name: 'a parallel batch, two at a time',
    profile: { limits: { parallelTools: 2 } },
    answers: [['a', 'b', 'c'].map((tool) => call(tool, quick))],
    journal:
      `${HI} answer:calls a:started b:started a:ok b:ok c:started c:ok ` +
      'step text:end answer:stop turn:completed',
  },
  {
    name: 'a batch with one tool that is not safe for parallel runs',
    answers: [[call('a', quick), call('b')]],
    journal: `${HI} answer:calls a:started a:ok b:started b:ok step text:end answer:stop turn:completed`,
  },
  {
    name: 'a denied call',
    answers: [[call('a', { may: 'deny' }), call('b')]],
    journal: `${HI} answer:calls a:denied b:started b:ok step text:end answer:stop turn:completed`,
  },
  {
    name: 'a denied call that halts the batch',
    profile: { haltOnDenied: true },
    answers: [[call('a', { may: 'deny' }), call('b')]],
    journal: `${HI} answer:calls a:denied b:cancelled step text:end answer:stop turn:completed`,
  },
  {
    name: 'an unknown tool',
    answers: [[call('x', { invalid: UNKNOWN_TOOL }), call('b')]],
    journal: `${HI} answer:calls x:error b:cancelled step text:end answer:stop turn:completed`,
  },
  {
    name: 'invalid arguments behind a call that is fine',
    answers: [[call('a'), call('b', { invalid: INVALID })]],
    journal: `${HI} answer:calls a:started a:ok b:error step text:end answer:stop turn:completed`,
  },
  {
    name: 'invalid arguments in a parallel batch',
    answers: [[call('a', { ...quick, invalid: INVALID }), call('b', quick)]],
    journal: `${HI} answer:calls b:started a:error b:ok step text:end answer:stop turn:completed`,
  },
];

const APPROVALS: readonly Script[] = [
  {
    name: 'an approval, given once',
    answers: [[call('a', { may: 'ask' })]],
    then: (self) => self.submit(resolve('allow')),
    journal: `${HI} answer:calls a:asked a:allow a:started a:ok step text:end answer:stop turn:completed`,
  },
  {
    name: 'an approval, denied with a reason',
    answers: [[call('a', { may: 'ask' }), call('b')]],
    then: (self) => self.submit(resolve('deny', { reason: 'not here' })),
    journal: `${HI} answer:calls a:asked a:deny a:denied b:started b:ok step text:end answer:stop turn:completed`,
  },
  {
    name: 'an approval that nobody gives',
    answers: [[call('a', { may: 'ask' })]],
    then: (self) => self.wait(4_999).wait(1),
    journal: `${HI} answer:calls a:asked a:expired a:denied step text:end answer:stop turn:completed`,
  },
  {
    name: 'an approval in a parallel batch keeps no other call waiting',
    profile: { limits: { parallelTools: 1 } },
    answers: [[call('a', { ...quick, may: 'ask' }), call('b', quick), call('c', { ...quick, may: 'ask' })]],
    journal: `${HI} answer:calls a:asked b:started b:ok c:asked`,
  },
  {
    name: 'an approval that survives a restart',
    answers: [[call('a', { may: 'ask' })]],
    then: (self) => self.restart().settle().submit(resolve('allow')),
    journal: `${HI} answer:calls a:asked session.recovered a:allow a:started a:ok step text:end answer:stop turn:completed`,
  },
];

const CANCELS: readonly Script[] = [
  {
    name: 'a cancel while the model is asked',
    answers: [{ silentAfter: 'hel' }],
    then: (self) => self.submit(cancel()),
    journal: `${HI} cancel text!:hel answer:cancelled turn:cancelled`,
  },
  {
    name: 'a cancel while a retry waits',
    answers: [{ failed: BUSY, retryInMs: 500 }],
    then: (self) => self.submit(cancel()),
    journal: `${HI} retry cancel answer:cancelled turn:cancelled`,
  },
  {
    name: 'a cancel in the middle of a tool',
    answers: [[call('a', { does: 'hang' }), call('b')]],
    then: (self) => self.submit(cancel()),
    journal: `${HI} answer:calls a:started cancel b:cancelled a:cancelled turn:cancelled`,
  },
  {
    name: 'a cancel of a tool that cannot be confirmed dead',
    answers: [[call('a', { does: 'lost' })]],
    then: (self) => self.submit(cancel()),
    journal: `${HI} answer:calls a:started cancel a:unknown turn:cancelled`,
  },
  {
    name: 'a cancel in a parallel batch',
    profile: { limits: { parallelTools: 2 } },
    answers: [
      [
        call('a', quick),
        call('b', { ...quick, does: 'hang' }),
        call('c', { ...quick, does: 'hang' }),
        call('a', quick),
      ],
    ],
    then: (self) => self.submit(cancel()),
    journal:
      `${HI} answer:calls a:started b:started a:ok c:started cancel a:cancelled ` +
      'b:cancelled c:cancelled turn:cancelled',
  },
  {
    name: 'a cancel while an approval waits',
    answers: [[call('a', { may: 'ask' }), call('b')]],
    then: (self) => self.submit(cancel()),
    journal: `${HI} answer:calls a:asked cancel a:cancelled b:cancelled turn:cancelled`,
  },
  {
    name: 'a second cancel, which changes nothing',
    answers: [[call('a', { does: 'hang' })]],
    then: (self) => [self.submit(cancel()), self.submit(cancel())],
    journal: `${HI} answer:calls a:started cancel a:cancelled turn:cancelled`,
  },
  {
    name: 'a turn that runs longer than it may',
    profile: { limits: { turnTimeoutMs: 100 } },
    answers: [[call('a', { does: 'hang' })]],
    then: (self) => self.wait(99).wait(1),
    journal: `${HI} answer:calls a:started cancel a:cancelled turn:cancelled`,
  },
  {
    name: 'a cancel behind which the host stops',
    answers: [[call('a', { does: 'hang' })]],
    then: (self) => [self.submit(cancel()), self.restart()],
    journal: `${HI} answer:calls a:started cancel session.recovered a:unknown turn:cancelled`,
  },
  {
    name: 'a cancel of an idempotent call that another incarnation had begun',
    answers: [[call('a', { ...quick, does: 'hang' })]],
    then: (self) => [self.submit(cancel()), self.restart()],
    journal: `${HI} answer:calls a:started cancel session.recovered a:unknown turn:cancelled`,
  },
];

const HANGING: readonly Answer[] = [[call('a', { does: 'hang' })]];
const held = (self: Interpreter): unknown => [self.submit(send('two')), self.submit(cancel()), self.settle()];
const HELD = `${HI} answer:calls a:started cancel held:1 a:cancelled turn:cancelled`;
const END = 'text:end answer:stop turn:completed';

const INPUTS: readonly Script[] = [
  { name: 'a cancel holds what is queued', answers: HANGING, then: held, journal: HELD },
  {
    name: 'what is held goes on with the next input, in order',
    answers: HANGING,
    then: (self) => [held(self), self.submit(send('three'))],
    journal: `${HELD} delivered:two step ${END} delivered:three step ${END}`,
  },
  {
    name: 'what is held goes on when told',
    answers: HANGING,
    then: (self) => [held(self), self.submit(goOn())],
    journal: `${HELD} delivered:two step ${END}`,
  },
  {
    name: 'what is held can be withdrawn',
    answers: HANGING,
    then: (self) => [held(self), self.submit(asCommand({ type: 'input/withdraw', command: 'cmd_two' }))],
    journal: `${HELD} withdrawn:two`,
  },
  {
    name: 'what is sent to a turn that is being cancelled runs after it',
    answers: HANGING,
    then: (self) => [self.submit(cancel()), self.submit(send('two'))],
    journal: `${HI} answer:calls a:started cancel a:cancelled turn:cancelled delivered:two step ${END}`,
  },
  {
    name: 'steering comes before the next step, the queue after the turn, one by one',
    answers: [[call('a', { may: 'ask' })]],
    then: (self) => [
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
    then: (self) => [
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
    then: (self) => [self.submit(send('two')), self.wait(500)],
    journal: `${HI} retry answer:failed turn:failed held:1`,
  },
  {
    name: 'context without a turn',
    answers: [],
    then: (self) => [
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
    then: (self) =>
      self.restart(undefined, [
        { kind: 'text', part: 'prt_1', text: 'hel', step: self.state.turn?.step?.id ?? '' },
      ]),
    journal: `${ASKED} text!:hel step ${END}`,
  },
  {
    name: 'a restart while the model is asked, with a profile that pauses',
    profile: { recovery: 'pause' },
    answers: [{ silentAfter: '' }],
    then: restart,
    journal: `${ASKED} turn:interrupted`,
  },
  {
    name: 'a pause, and going on',
    profile: { recovery: 'pause' },
    answers: [{ silentAfter: '' }],
    then: (self) => [self.submit(send('two')), self.restart(), self.submit(goOn())],
    journal: `${ASKED} turn:interrupted held:1 delivered:two step ${END}`,
  },
  {
    name: 'a restart in the middle of a tool',
    answers: [[call('a', { does: 'hang' }), call('b')]],
    then: restart,
    journal: `${AT_WORK} a:unknown b:cancelled step ${END}`,
  },
  {
    name: 'a restart in the middle of a tool, with a profile that pauses',
    profile: { recovery: 'pause' },
    answers: [[call('a', { does: 'hang' }), call('b')]],
    then: restart,
    journal: `${AT_WORK} a:unknown b:cancelled turn:interrupted`,
  },
  {
    name: 'a restart in the middle of an idempotent tool',
    answers: [[call('a', { does: 'hang', idempotent: true })]],
    then: (self) => [self.restart(), self.settle(), self.submit(cancel())],
    journal: `${AT_WORK} a:started cancel a:cancelled turn:cancelled`,
  },
  {
    name: 'a restart in the middle of an idempotent tool, with a profile that pauses',
    profile: { recovery: 'pause' },
    answers: [[call('a', { ...quick, does: 'hang' }), call('b', { ...quick, may: 'ask' })]],
    then: restart,
    journal: `${HI} answer:calls a:started b:asked session.recovered a:unknown b:cancelled turn:interrupted`,
  },
  {
    name: 'a restart for the fourth time while the model is asked',
    answers: [1, 2, 3, 4].map(() => ({ silentAfter: '' })),
    then: (self) => [1, 2, 3, 4].map(() => self.restart().settle()),
    journal: `${ASKED} step session.recovered step session.recovered step session.recovered turn:failed`,
  },
  {
    name: 'a restart for the fourth time in the same idempotent tool',
    answers: [[call('a', { does: 'hang', idempotent: true }), call('b')]],
    then: (self) => [1, 2, 3, 4].map(() => self.restart().settle()),
    journal:
      `${AT_WORK} a:started session.recovered a:started session.recovered a:started ` +
      'session.recovered a:unknown b:cancelled turn:failed',
  },
  {
    name: 'a crash, which changes nothing by itself',
    answers: [[call('a', { may: 'ask' })]],
    then: (self) => self.submit({ type: 'session/crash', error: LOST }),
    journal: `${HI} answer:calls a:asked session.crashed`,
  },
  {
    name: 'a failure in the middle of a tool, and a revival',
    answers: [[call('a', { does: 'hang' })]],
    then: (self) => [
      self.submit({ type: 'session/fail', error: LOST }),
      self.settle(),
      self.submit(asCommand({ type: 'session/revive' })),
    ],
    journal: `${HI} answer:calls a:started session.failed a:unknown session.revived step ${END}`,
  },
  {
    name: 'a failure while the model is asked, another host, and a revival',
    answers: [{ silentAfter: '' }],
    then: (self) => [
      self.submit({ type: 'session/fail', error: LOST }),
      self.restart().settle(),
      self.submit(asCommand({ type: 'session/revive' })),
    ],
    journal: `${HI} session.failed session.recovered session.revived step ${END}`,
  },
  {
    name: 'an archive, and its restoration',
    answers: [],
    then: (self) => [
      self.submit(asCommand({ type: 'session/archive', by: BY })),
      self.submit(send('two')),
      self.submit(asCommand({ type: 'session/restore', by: BY })),
      self.submit(send('three')),
    ],
    journal: `${HI} ${END} session.archived session.restored delivered:three step ${END}`,
  },
];

function play({ profile, answers, then }: Script): Interpreter {
  const self = start(answers, profile);
  self.submit(send('hi'));
  self.settle();
  then?.(self);
  return self.settle();
}

describe.each([
  ['answers', ANSWERS],
  ['failures', FAILURES],
  ['batches', BATCHES],
  ['approvals', APPROVALS],
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
    const { journal } = play(script);
    for (let cut = 1; cut <= journal.length; cut++) {
      const again = start(scripted([]), script.profile);
      again.journal.splice(0, again.journal.length, ...journal);
      again.restart(cut).settle();
      expect(violations(again.journal), `cut at ${String(cut)}`).toEqual([]);
      const { turn } = again.state;
      const waits = turn?.step?.calls.some(({ status }) => status === 'waiting' || status === 'started');
      if (turn !== undefined && again.state.failed === undefined)
        expect(waits, `cut at ${String(cut)}`).toBe(true);
    }
  });
});

/** What a model was sent, request by request, as role and texts. */
function requests(script: Omit<Script, 'journal'>, provider = 'test'): string[] {
  const sent: string[] = [];
  const world = scripted(script.answers);
  const listening: World = (work, self) => {
    if (work.kind === 'ask' && !work.stop) {
      const { turn } = self.state;
      const onlyTurn = turn?.without?.includes('history') === true ? { onlyTurn: turn.id } : {};
      const messages = transcript(new Conversation().addAll(self.journal), { provider, ...onlyTurn });
      sent.push(messages.map(({ role, parts }) => `${role}: ${parts.map(said).join(', ')}`).join(' | '));
    }
    return world(work, self);
  };
  const self = start(listening, script.profile);
  self.submit(send('hi'));
  self.settle();
  script.then?.(self);
  self.settle();
  return sent;
}

type Part = ReturnType<typeof transcript>[number]['parts'][number];

function said(part: Part): string {
  if (part.type === 'call') return `call of ${part.tool}`;
  return part.type === 'file' ? 'a file' : part.text;
}

describe('the model is sent', () => {
  it('nothing of an attempt that failed', () => {
    const answers: Answer[] = [{ failed: BUSY, shown: 'hel', retryInMs: 1 }, [text('hello')]];
    expect(requests({ name: '', answers, then: (self) => self.wait(1) })).toEqual(['user: hi', 'user: hi']);
  });

  it('what an interrupted answer had said, and a word to go on', () => {
    const answers: Answer[] = [{ failed: BUSY, shown: 'hel' }];
    const [, second] = requests({ name: '', answers, then: (self) => self.submit(goOn()) });
    expect(second).toMatch(/^user: hi \| assistant: hel \| user: Your last answer was interrupted/);
  });

  it('results in the order of the calls, with the one that was lost, cancelled or denied', () => {
    const answers = [
      [call('a', { ...quick, may: 'ask' }), call('b', quick), call('c', { ...quick, may: 'deny' })],
    ];
    const [, second] = requests({
      name: '',
      answers,
      then: (self) => self.submit(resolve('deny', { reason: 'no' })),
    });
    expect(second).toBe(
      'user: hi | assistant: call of a, call of b, call of c | ' +
        'tool: Denied by the user: no., ok, Denied: a rule says so.',
    );
  });

  it('which call halted the batch', () => {
    const [, second] = requests({ name: '', answers: [[call('a', { does: 'error' }), call('b')]] });
    expect(second).toContain('tool: error, Not run: the call of a before it ended with error.');
  });

  it('a turn without history by itself', () => {
    const then = (self: Interpreter): unknown => self.submit(send('alone', { without: ['history'] }));
    expect(requests({ name: '', answers: [], then })).toEqual(['user: hi', 'user: alone']);
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
    const self = start([[call('a', { may: 'ask', path: '/work/x' })]]);
    self.submit(send('hi'));
    self.settle().submit(resolve('allow', { scope }));
    expect(self.state.grants).toEqual([{ tool: 'a', scope, path: '/work/x' }]);
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
    const self = start([[call('a', { ...quick, may: 'ask' }), call('b', { ...quick, may: 'ask' })]]);
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
});

describe('a refusal', () => {
  it.each([
    ['an empty input', send(' '), 'invalid_params'],
    ['an input over 10 MiB', send('x', { text: 'ä'.repeat(5 * 1024 * 1024 + 1) }), 'invalid_params'],
    ['an input that nobody queued', asCommand({ type: 'input/withdraw', command: 'cmd_x' }), 'not_found'],
    ['going on after a turn that completed', goOn(), 'conflict'],
  ] as const)('of %s', (_what, command, code) => {
    const self = play({ name: '', answers: [], journal: '' });
    expect(self.submit(command)).toMatchObject({ refusal: { code } });
  });

  it('of one input more than the queue holds', () => {
    const self = play({ name: '', answers: HANGING, journal: '' });
    for (const said of ['1', '2', '3', '4']) expect(self.submit(send(said))).toHaveProperty('reply');
    expect(self.submit(send('5'))).toMatchObject({ refusal: { code: 'limit_reached' } });
  });

  it('of an answer that nobody waits for any more', () => {
    const self = play({ name: '', answers: [{ silentAfter: '' }], journal: '' });
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
