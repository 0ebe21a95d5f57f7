// Limits on what a session uses: reserved before a request, settled after it, and never passed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costOf, MILLION, type Budget, type Price, type Usage } from '../protocol/index.ts';
import {
  asCommand,
  BUSY,
  BY,
  call,
  cancel,
  goOn,
  send,
  start,
  text,
  trace,
  type Answer,
} from './fixtures.ts';
import { effects, statusOf, summaryOf, type Effect, type EffectCommand, type SessionState } from './index.ts';
import type { Interpreter, World } from './interpreter.fixture.ts';

type Ask = Extract<Effect, { kind: 'ask' }>;

/** One dollar for a thousand tokens in, two for a thousand out: dear enough to count. */
const PRICE: Price = { input: 1_000, output: 2_000 };
const ESTIMATE = { input: 100, output: 400, price: PRICE };
/** What an answer really used. */
const USAGE: Usage = { input: 90, output: 100 };
const COST = costOf(PRICE, USAGE);

interface Asked {
  /** `silent` is never answered, but by a cancel; `lost` fails without a word about its use. */
  readonly then: 'stop' | 'calls' | 'length' | 'fails' | 'lost' | 'retries' | 'silent' | 'unpriced';
  readonly usage?: Usage;
}

type Estimated = Partial<Record<'input' | 'output', number> & { price: Price | undefined }>;

/** Reserves, where that is asked for, and then plays its part. */
function world(next: (self: Interpreter) => Asked | undefined, estimate: Estimated = {}): World {
  return (work, self) => {
    if (work.kind === 'run')
      return { type: 'call/finished', call: work.call, status: 'ok', output: { text: 'ok', bytes: 2 } };
    if (work.kind !== 'ask') return undefined;
    if (work.stop) return ended(work, { then: 'lost' });
    const { step, attempt } = work;
    if (work.reserve) self.submit({ type: 'step/estimated', step, attempt, ...ESTIMATE, ...estimate });
    const isOpen = self.state.turn?.step?.id === step && self.state.turn.step.phase === 'asking';
    return isOpen ? ended(work, next(self) ?? { then: 'stop' }) : undefined;
  };
}

function ended({ step, attempt }: Ask, { then, usage = USAGE }: Asked): EffectCommand | undefined {
  if (then === 'silent') return undefined;
  const place = {
    step,
    attempt,
    parts: [{ kind: 'text', text: 'said', part: `prt_${step}.${String(attempt)}` }],
  } as const;
  if (then === 'lost') return { type: 'step/failed', ...place, error: BUSY, unreported: true };
  if (then === 'fails') return { type: 'step/failed', ...place, error: BUSY };
  if (then === 'retries')
    return { type: 'step/failed', ...place, error: BUSY, unreported: true, retryInMs: 0 };
  const calls =
    then === 'calls' ? [{ ...call('a'), judgement: { kind: 'allow', why: '', summary: '' } as const }] : [];
  const cost = then === 'unpriced' ? {} : { cost: costOf(PRICE, usage) };
  const reason = then === 'unpriced' ? 'stop' : then;
  return { type: 'step/answered', ...place, calls, reason, usage, ...cost };
}

const inTurn = (steps: readonly Asked[]): (() => Asked | undefined) => {
  const left = [...steps];
  return () => left.shift();
};

function play(budget: Budget, steps: readonly Asked[], estimate?: Estimated): Interpreter {
  const self = start(world(inTurn(steps), estimate), { budget });
  self.submit(send('hi'));
  return self.settle();
}

const ends = (self: Interpreter): string => trace(self.journal).split(' ').slice(-2).join(' ');
const spent = ({ spent: { cost, unknown, tokens, steps, lost } }: SessionState) => ({
  cost,
  unknown,
  tokens,
  steps,
  lost,
});

describe('a request is reserved for before it is made', () => {
  it.each([
    ['fits', { session: { usd: 1 } }, { tokens: 500, cost: 900_000, output: 400 }],
    [
      'fits when its answer is shorter',
      { subtree: { usd: 0.7 } },
      { tokens: 400, cost: 700_000, output: 300, limitedBy: { scope: 'subtree', measure: 'usd' } },
    ],
    [
      'fits the tokens when its answer is shorter',
      { turn: { tokens: 450 }, session: { usd: 1 } },
      { tokens: 450, cost: 800_000, output: 350, limitedBy: { scope: 'turn', measure: 'tokens' } },
    ],
  ] as const)('%s', (_name, budget, reserved) => {
    const self = play(budget, [{ then: 'stop' }]);
    const event = self.journal.find(({ type }) => type === 'step.reserved');
    expect(event?.data).toEqual({ attempt: 1, ...reserved });
    expect(ends(self)).toBe('answer:stop turn:completed');
    expect(spent(self.state)).toMatchObject({ cost: COST, unknown: 0, tokens: 190, steps: 1 });
    for (const { spent: used, reserved: held } of summaryOf(self.state).budget ?? [])
      expect([used > 0, held]).toEqual([self.state.turn === undefined && used > 0, 0]);
  });

  it.each([
    ['money', { session: { usd: 0.5 } }, { scope: 'session', measure: 'usd', limit: 0.5 }],
    ['money for the input', { turn: { usd: 0.05 } }, { scope: 'turn', measure: 'usd', limit: 0.05 }],
    ['money at all', { turn: { usd: 0 } }, { scope: 'turn', measure: 'usd', limit: 0 }],
    ['tokens', { subtree: { tokens: 300 } }, { scope: 'subtree', measure: 'tokens', limit: 300 }],
  ] as const)('is not made when there is not enough %s', (_name, budget, line) => {
    const self = play(budget, []);
    expect(trace(self.journal)).toBe('delivered:hi step answer:unasked budget.reached turn:halted');
    expect(self.journal.at(-2)?.data).toEqual({ ...line, spent: 0, reserved: 0 });
    expect(self.state.lastError).toMatchObject({ code: 'limit_reached', data: line });
    expect(statusOf(self.state)).toBe('paused');
    expect(spent(self.state)).toMatchObject({ cost: 0, unknown: 0, tokens: 0, steps: 0 });
  });

  it('may be free: then no sum of money is too small', () => {
    const self = play({ session: { usd: 0 } }, [{ then: 'unpriced' }], { price: { input: 0, output: 0 } });
    expect(ends(self)).toBe('answer:stop turn:completed');
  });

  it('is made only once where nobody knows what became of the estimate', () => {
    const self = play({ session: { usd: 1 } }, [{ then: 'silent' }]);
    const step = self.state.turn?.step?.id ?? '';
    const estimate = { type: 'step/estimated', step, attempt: 1, ...ESTIMATE } as const;
    expect(self.submit(estimate)).toMatchObject({ events: [] });
    expect(self.submit({ ...estimate, attempt: 2 })).toMatchObject({ refusal: { code: 'conflict' } });
    self.submit(cancel());
    expect(self.submit(estimate)).toMatchObject({ refusal: { code: 'conflict' } });
  });

  it('an answer that is cut where a limit made it shorter stops the turn, and raising it goes on', () => {
    const cut = { then: 'length', usage: { input: 100, output: 300 } } as const;
    const self = play({ session: { usd: 0.7 } }, [cut]);
    expect(trace(self.journal)).toBe(
      'delivered:hi step step.reserved text:said answer:length budget.reached turn:halted',
    );
    expect(self.submit(raise('session', 'usd', 2))).toHaveProperty('reply');
    self.submit(goOn());
    self.settle();
    expect(ends(self)).toBe('answer:stop turn:completed');
  });

  it('an answer that is cut by the model itself is only cut', () => {
    expect(ends(play({ session: { usd: 1 } }, [{ then: 'length' }]))).toBe('answer:length turn:length');
  });
});

const raise = (
  scope: 'turn' | 'session' | 'subtree',
  measure: 'usd' | 'tokens' | 'steps' | 'wallMs',
  to: number,
) => asCommand({ type: 'budget/raise', scope, measure, to, by: BY });

describe('a request that ended is settled', () => {
  const LOST = { lost: { cost: 900_000, tokens: 500 }, unknown: 1, cost: 0 };

  it.each([
    ['answered', [{ then: 'stop' }], { cost: COST, unknown: 0, lost: { cost: 0 } }],
    ['refused by the provider', [{ then: 'fails' }], { cost: 0, unknown: 0, lost: { cost: 0 } }],
    ['broken off', [{ then: 'lost' }], LOST],
    ['answered without a word of what it took', [{ then: 'unpriced', usage: { input: 0, output: 0 } }], LOST],
    [
      'broken off and tried again',
      [{ then: 'retries' }, { then: 'stop' }],
      { cost: COST, unknown: 1, lost: { cost: 900_000, tokens: 500 } },
    ],
  ] as const)('%s', (_name, steps, expected) => {
    const self = play({ session: { usd: 5 } }, steps);
    expect(self.state.turn).toBeUndefined();
    expect(spent(self.state)).toMatchObject(expected);
  });

  it('cancelled', () => {
    const self = play({ session: { usd: 5 } }, [{ then: 'silent' }]);
    self.submit(cancel());
    self.settle();
    expect(ends(self)).toBe('answer:cancelled turn:cancelled');
    expect(spent(self.state)).toMatchObject(LOST);
  });

  it.each(['power', 'fail'])('ended by the end of its host (%s)', (cause) => {
    const self = play({ session: { usd: 5 } }, [{ then: 'silent' }]);
    if (cause === 'power') self.restart();
    else self.submit({ type: 'session/fail', error: BUSY });
    expect(spent(self.state)).toMatchObject(LOST);
    expect(summaryOf(self.state)).toMatchObject({
      spending: { cost: 0, unknown: 1 },
      budget: [{ limit: 5, spent: 0, reserved: 0.9 }],
    });
  });

  it('and a limit that holds what was lost lets nothing more be asked', () => {
    const self = play({ session: { usd: 1 } }, [{ then: 'silent' }]);
    self.restart().settle();
    expect(ends(self)).toBe('budget.reached turn:halted');
    expect(self.state.reached).toMatchObject({ spent: 0, reserved: 0.9 });
  });
});

describe('a price that nobody knows', () => {
  it('fails the turn when money is limited', () => {
    const self = play({ session: { usd: 5 } }, [], { price: undefined });
    expect(ends(self)).toBe('answer:unasked turn:failed');
    expect(self.state.lastError).toMatchObject({ code: 'invalid_params', data: { model: 'test/model' } });
  });

  it('is said to be unknown where that is allowed, and tokens are limited all the same', () => {
    const budget: Budget = { session: { usd: 5, tokens: 1_000 }, unknownPrice: 'allow' };
    const self = play(budget, [{ then: 'unpriced' }], { price: undefined });
    expect(ends(self)).toBe('answer:stop turn:completed');
    expect(summaryOf(self.state).spending).toEqual({ cost: 0, unknown: 1 });
    expect(self.state.spent.tokens).toBe(190);
  });

  it('matters to no limit but of money', () => {
    expect(ends(play({ session: { tokens: 1_000 } }, [], { price: undefined }))).toBe(
      'answer:stop turn:completed',
    );
  });
});

describe('steps', () => {
  it('stop the turn before the one too many, inputs are held, and nothing is lost', () => {
    const self = start(world(inTurn([{ then: 'calls' }, { then: 'silent' }])), {
      budget: { session: { steps: 2 } },
    });
    self.submit(send('hi'));
    self.settle();
    self.submit(send('two'));
    const step = self.state.turn?.step?.id ?? '';
    const answered = {
      type: 'step/answered',
      step,
      attempt: 1,
      parts: [],
      reason: 'calls',
      usage: USAGE,
    } as const;
    self.submit({
      ...answered,
      calls: [{ ...call('a'), judgement: { kind: 'allow', why: '', summary: '' } }],
    });
    self.settle();
    expect(trace(self.journal)).toMatch(/a:ok budget.reached turn:halted held:1$/);
    expect(self.submit(goOn())).toMatchObject({ refusal: { code: 'limit_reached' } });
    // An input is taken, and waits.
    expect(self.submit(send('three'))).toHaveProperty('reply');
    expect(trace(self.journal)).toMatch(/budget.reached held:2$/);
    expect(statusOf(self.state)).toBe('paused');
    self.submit(raise('session', 'steps', 9));
    expect(statusOf(self.state)).toBe('paused');
    self.submit(goOn());
    self.settle();
    expect(trace(self.journal)).toMatch(
      /budget.raised delivered:two step .* delivered:three step text:said answer:stop turn:completed$/,
    );
    expect(statusOf(self.state)).toBe('idle');
  });

  it('of a turn are those of the next turn again', () => {
    const self = play({ turn: { steps: 1 } }, [{ then: 'calls' }]);
    expect(ends(self)).toBe('budget.reached turn:halted');
    self.submit(goOn());
    self.settle();
    expect(ends(self)).toBe('answer:stop turn:completed');
    expect(summaryOf(self.state).budget).toMatchObject([{ scope: 'turn', spent: 0 }]);
  });
});

describe('working time', () => {
  const budget: Budget = { session: { wallMs: 1_000 } };

  it('ends what runs, as a cancel does, and the session is paused', () => {
    const self = play(budget, [{ then: 'silent' }]);
    self.wait(999);
    expect(self.state.turn?.cancelled).toBe(false);
    self.wait(1).settle();
    expect(trace(self.journal)).toBe(
      'delivered:hi step budget.reached cancel text!:said answer:cancelled turn:halted',
    );
    expect(self.state.reached).toEqual({
      scope: 'session',
      measure: 'wallMs',
      limit: 1_000,
      spent: 1_000,
      reserved: 0,
    });
    expect(statusOf(self.state)).toBe('paused');
    self.submit(raise('session', 'wallMs', 1_500));
    self.submit(goOn());
    self.wait(400).settle();
    expect(ends(self)).toBe('answer:stop turn:completed');
  });

  it('is not the time that a human takes', () => {
    const self = start([[call('a', { may: 'ask', does: 'hang' })]], { budget });
    self.submit(send('hi'));
    self.settle();
    self.wait(4_000);
    self.submit(asCommand({ type: 'approval/resolve', decision: 'allow', scope: 'once', by: BY }));
    self.settle().wait(900);
    expect(self.state.turn?.cancelled).toBe(false);
    expect(effects(self.state)).toContainEqual({ kind: 'timer', key: 'work:6000', at: 6_000 });
    self.wait(100).settle();
    expect(ends(self)).toBe('a:cancelled turn:halted');
  });

  it('is not the time that no host runs it', () => {
    const self = play(budget, [{ then: 'silent' }, { then: 'silent' }]);
    self.at += 172_800_000;
    self.restart().settle();
    expect(self.state.spent.wallMs).toBe(0);
    self.wait(1_000);
    expect(self.state.turn?.cancelled).toBe(true);
  });

  it('does not end because a timer came early, nor because the clock goes back', () => {
    const self = play(budget, [{ then: 'silent' }]);
    expect(self.submit({ type: 'timer/fired', key: 'work:2000' })).toMatchObject({
      refusal: { code: 'conflict' },
    });
    self.at -= 3_600_000;
    self.submit(asCommand({ type: 'session/rename', title: 'x' }));
    expect(self.state.spent.wallMs).toBe(0);
  });
});

describe('a limit is raised', () => {
  it.each([
    ['that is not there', raise('turn', 'usd', 1), 'session.usd'],
    ['to less', raise('session', 'usd', 0.5), 'raise it to more'],
    ['to the same', raise('session', 'usd', 1), 'raise it to more'],
    ['to half a step', raise('session', 'steps', 3.5), 'whole numbers'],
  ])('not one %s', (_name, command, says) => {
    const self = start([], { budget: { session: { usd: 1, steps: 2 } } });
    expect(self.submit(command)).toMatchObject({
      refusal: { code: 'invalid_params', message: expect.stringContaining(says) as unknown },
    });
  });

  it('and holds over a restart', () => {
    const self = start([], { budget: { session: { usd: 1 }, turn: { steps: 3 } } });
    self.submit(raise('session', 'usd', 2.5));
    expect(self.journal.at(-1)?.data).toEqual({ scope: 'session', measure: 'usd', from: 1, to: 2.5, by: BY });
    self.restart();
    expect(self.state.profile.budget).toEqual({ session: { usd: 2.5 }, turn: { steps: 3 } });
  });
});

it('a journal from before costs were recorded says that they are unknown', () => {
  const answers: Answer[] = [[call('a'), text('x')]];
  const self = start(answers);
  self.submit(send('hi'));
  self.settle();
  expect(self.journal.some(({ data }) => 'cost' in data)).toBe(false);
  expect(summaryOf(self.restart().state)).toMatchObject({
    status: 'idle',
    spending: { cost: 0, unknown: 2 },
    usage: { input: 20, output: 2 },
  });
});

const usd = fc.integer({ min: 0, max: 3_000 }).map((thousandths) => thousandths / 1_000);
const limits = fc.record(
  { usd, tokens: fc.integer({ min: 1, max: 3_000 }), steps: fc.integer({ min: 1, max: 6 }) },
  { requiredKeys: [] },
);
const budgets: fc.Arbitrary<Budget> = fc.record(
  { turn: limits, session: limits, subtree: limits },
  { requiredKeys: [] },
);
const asked = fc.record({
  then: fc.constantFrom<Asked['then']>(
    'stop',
    'calls',
    'calls',
    'length',
    'fails',
    'lost',
    'retries',
    'silent',
  ),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  drive: fc.constantFrom('go on', 'go on', 'restart', 'cancel', 'send', 'raise'),
});

/** Never more than was reserved: the estimate is the runtime's to keep. */
function within(self: Interpreter, share: number): Usage {
  const { tokens = 200, output = 100 } = self.state.turn?.step?.reserved ?? {};
  return { input: Math.floor((tokens - output) * share), output: Math.floor(output * share) };
}

it('whatever happens, what is spent and reserved is never more than a limit', () => {
  fc.assert(
    fc.property(budgets, fc.array(asked, { maxLength: 30 }), (budget, script) => {
      let at = 0;
      const self = start(
        world((own) => {
          const { then = 'stop', share = 1 } = script[at] ?? {};
          return { then, usage: within(own, share) };
        }),
        { budget },
      );
      for (at = 0; at < script.length; at++) {
        const { drive } = script[at] ?? { drive: 'go on' };
        if (drive === 'restart') self.restart();
        else if (drive === 'cancel') self.submit(cancel());
        else if (drive === 'send') self.submit(send('more', { id: `cmd_${String(at)}` }));
        else if (drive === 'raise') self.submit(raise('session', 'usd', 4));
        else self.submit(goOn());
        self.settle();
        for (const { limit, spent: used, reserved } of summaryOf(self.state).budget ?? [])
          expect(used + reserved).toBeLessThanOrEqual(limit + 0.5 / MILLION);
      }
    }),
    { numRuns: 300 },
  );
});
