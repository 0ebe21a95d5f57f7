// Whole turns on the pure core: what a script of answers and commands writes into the journal, and that it holds from any cut.
import { describe, expect, it } from 'vitest';
import { violations } from '../../test/oracle.ts';
import {
  BUSY,
  call,
  fromEveryCut,
  goOn,
  HI,
  isStuck,
  play,
  QUICK,
  reasoning,
  resolve,
  send,
  text,
  trace,
  type Script,
} from './fixtures.ts';
import { emptyState, evolve } from './index.ts';

const INVALID = { code: 'invalid_params', message: 'bad arguments' } as const;
const UNKNOWN_TOOL = { code: 'not_found', message: 'no such tool' } as const;

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
    drive: (self) => self.submit(send('alone', { without: ['history', 'tools'] })),
    journal: `${HI} text:one answer:stop turn:completed delivered:alone step text:two answer:stop turn:completed`,
  },
];

const FAILURES: readonly Script[] = [
  {
    name: 'a retry, then success',
    answers: [{ failed: BUSY, shown: 'hel', retryInMs: 500 }, [text('hello')]],
    drive: (self) => self.wait(499).settle().wait(1),
    journal: `${HI} text!:hel retry text:hello answer:stop turn:completed`,
  },
  {
    name: 'a retry that is not due yet',
    answers: [{ failed: BUSY, retryInMs: 500 }, [text('hello')]],
    drive: (self) => self.wait(499),
    journal: `${HI} retry`,
  },
  {
    name: 'retries used up',
    answers: [1, 2, 3, 4].map(() => ({ failed: BUSY, retryInMs: 10 })),
    drive: (self) => self.wait(10).settle().wait(10).settle().wait(10),
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
    drive: (self) => self.submit(goOn()),
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
    answers: [[call('a', { ...QUICK, does: 'error' }), call('b', QUICK), call('c', QUICK)]],
    journal:
      `${HI} answer:calls a:started b:started c:started a:error b:ok c:ok ` +
      'step text:end answer:stop turn:completed',
  },
  {
    name: 'a parallel batch, two at a time',
    profile: { limits: { parallelTools: 2 } },
    answers: [['a', 'b', 'c'].map((tool) => call(tool, QUICK))],
    journal:
      `${HI} answer:calls a:started b:started a:ok b:ok c:started c:ok ` +
      'step text:end answer:stop turn:completed',
  },
  {
    name: 'a batch with one tool that is not safe for parallel runs',
    answers: [[call('a', QUICK), call('b')]],
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
    answers: [[call('a', { ...QUICK, invalid: INVALID }), call('b', QUICK)]],
    journal: `${HI} answer:calls b:started a:error b:ok step text:end answer:stop turn:completed`,
  },
];

const APPROVALS: readonly Script[] = [
  {
    name: 'an approval, given once',
    answers: [[call('a', { may: 'ask' })]],
    drive: (self) => self.submit(resolve('allow')),
    journal: `${HI} answer:calls a:asked a:allow a:started a:ok step text:end answer:stop turn:completed`,
  },
  {
    name: 'an approval, denied with a reason',
    answers: [[call('a', { may: 'ask' }), call('b')]],
    drive: (self) => self.submit(resolve('deny', { reason: 'not here' })),
    journal: `${HI} answer:calls a:asked a:deny a:denied b:started b:ok step text:end answer:stop turn:completed`,
  },
  {
    name: 'an approval that nobody gives',
    answers: [[call('a', { may: 'ask' })]],
    drive: (self) => self.wait(4_999).wait(1),
    journal: `${HI} answer:calls a:asked a:expired a:denied step text:end answer:stop turn:completed`,
  },
  {
    name: 'an approval in a parallel batch keeps no other call waiting',
    profile: { limits: { parallelTools: 1 } },
    answers: [[call('a', { ...QUICK, may: 'ask' }), call('b', QUICK), call('c', { ...QUICK, may: 'ask' })]],
    journal: `${HI} answer:calls a:asked b:started b:ok c:asked`,
  },
  {
    name: 'an approval that survives a restart',
    answers: [[call('a', { may: 'ask' })]],
    drive: (self) => self.restart().settle().submit(resolve('allow')),
    journal: `${HI} answer:calls a:asked session.recovered a:allow a:started a:ok step text:end answer:stop turn:completed`,
  },
];

describe.each([
  ['answers', ANSWERS],
  ['failures', FAILURES],
  ['batches', BATCHES],
  ['approvals', APPROVALS],
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
