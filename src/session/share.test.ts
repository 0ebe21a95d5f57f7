// Children work with shares of what their parent's subtree may still use.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MILLION, NOTHING_SPENT, type Budget, type BudgetLimits, type Spent } from '../protocol/index.ts';
import {
  asCommand,
  BY,
  call,
  PROFILE,
  QUICK,
  send,
  SPAWN,
  start,
  trace,
  type CallScript,
} from './fixtures.ts';
import { budgetLines, effects, emptyState, evolve } from './index.ts';
import { Interpreter } from './interpreter.fixture.ts';

const TOKENS = 11;

/** A session whose first step called children and tools that go on. */
function parent(budget: Budget, scripts: readonly CallScript[]): Interpreter {
  const calls = scripts.map((script) => call('a', { ...script, does: 'hang' }));
  const self = start([calls], { budget });
  self.submit(send('hi'));
  const { step } = self.state.turn ?? {};
  // What is limited in money or tokens is reserved first.
  if (effects(self.state).some((effect) => effect.kind === 'ask' && effect.reserve))
    self.submit({
      type: 'step/estimated',
      step: step?.id ?? '',
      attempt: 1,
      input: 10,
      output: 1,
      price: { input: 0, output: 0 },
    });
  return self.settle();
}

const shares = ({ journal }: Interpreter): readonly (BudgetLimits | undefined)[] =>
  journal.flatMap((event) => (event.type === 'child.started' ? [event.data.share] : []));

const subtree = ({ state }: Interpreter, measure = 'tokens') =>
  budgetLines(state).find((line) => line.scope === 'subtree' && line.measure === measure);

function finish(self: Interpreter, index: number, spent?: Spent): void {
  const id = self.state.turn?.step?.calls[index]?.id ?? '';
  const result = {
    status: 'ok',
    output: { text: 'done', bytes: 4 },
    usage: { input: 1, output: 1 },
  } as const;
  const used = spent === undefined ? {} : { spent };
  self.submit({ type: 'child/finished', call: id, outcome: 'completed', ...result, ...used });
}

const used = (tokens: number, cost = 0): Spent => ({ ...NOTHING_SPENT, tokens, cost, steps: 1 });

describe('a child is given a share of what is left', () => {
  it('equal for every child of the step, and for their parent', () => {
    const self = parent({ subtree: { tokens: 1_011, usd: 2, steps: 9 } }, [SPAWN, QUICK, SPAWN, SPAWN]);
    const share = { tokens: (1_011 - TOKENS) / 4, usd: 0.5, steps: 2 };
    expect(shares(self)).toEqual([share, share, share]);
    expect(subtree(self)).toMatchObject({ spent: TOKENS, reserved: 750 });
    expect(effects(self.state)).toContainEqual(expect.objectContaining({ kind: 'child', share }));
  });

  it('of the subtree alone, and of time all of it', () => {
    const self = parent({ turn: { tokens: 99 }, session: { steps: 9 }, subtree: { wallMs: 500 } }, [
      SPAWN,
      SPAWN,
    ]);
    expect(shares(self)).toEqual([{ wallMs: 500 }, { wallMs: 500 }]);
    expect(subtree(self, 'wallMs')).toMatchObject({ reserved: 0 });
  });

  it('none where nothing is limited', () => {
    expect(shares(parent({ session: { usd: 1 } }, [SPAWN]))).toEqual([undefined]);
  });

  it('and none is started where nothing is left, which the model learns', () => {
    const self = parent({ subtree: { steps: 2 } }, [SPAWN, SPAWN]);
    expect(shares(self)).toEqual([]);
    const denied = self.journal.find(({ type }) => type === 'tool.finished');
    expect(denied?.data).toMatchObject({ status: 'denied' });
    expect(JSON.stringify(denied?.data)).toContain(
      'Nothing is left for a child: the budget of this subtree is 2 steps',
    );
    expect(trace(self.journal)).toContain('a:denied a:denied step');
  });

  it('as much as the call asks for, and the others share the rest', () => {
    const self = parent({ subtree: { tokens: 1_011 } }, [
      SPAWN,
      { ...SPAWN, wants: { tokens: 700, usd: 2 } },
    ]);
    expect(shares(self)).toEqual([{ tokens: 150 }, { tokens: 700, usd: 2 }]);
  });

  it('and no more than is left, which the model learns', () => {
    const self = parent({ subtree: { tokens: 611 } }, [{ ...SPAWN, wants: { tokens: 601 } }]);
    expect(shares(self)).toEqual([]);
    const said = JSON.stringify(self.journal.find(({ type }) => type === 'tool.finished')?.data);
    expect(said).toContain('It asks for 601 tokens: the budget of this subtree is 611 tokens, 11 spent');
  });

  it('of money also when there is none, for a model that costs nothing', () => {
    expect(shares(parent({ subtree: { usd: 0 } }, [SPAWN]))).toEqual([{ usd: 0 }]);
  });
});

describe('when a child ends', () => {
  const budget = { subtree: { tokens: 611 } };

  it('what it used counts, and the rest is free again', () => {
    const self = parent(budget, [SPAWN, SPAWN]);
    finish(self, 0, used(150));
    expect(subtree(self)).toMatchObject({ spent: TOKENS + 150, reserved: 200 });
    finish(self, 1, { ...used(10), lost: { cost: 0, tokens: 60, steps: 0 } });
    expect(subtree(self)).toMatchObject({ spent: TOKENS + 160, reserved: 60 });
    expect(self.state.spent.tokens).toBe(TOKENS);
  });

  it('what nobody knows the use of stays reserved', () => {
    const self = parent(budget, [SPAWN]);
    finish(self, 0);
    self.restart();
    expect(subtree(self)).toMatchObject({ spent: TOKENS, reserved: 300 });
    expect(self.state.below.unknown).toBe(1);
  });

  it('shares hold over a restart', () => {
    const self = parent(budget, [SPAWN, SPAWN]);
    const before = subtree(self);
    self.restart();
    expect(subtree(self)).toEqual(before);
    finish(self, 1, used(200));
    expect(subtree(self)).toMatchObject({ spent: TOKENS + 200, reserved: 200 });
  });
});

/** A child with a share, after its first turn. */
function child(share: BudgetLimits, own: Budget): Interpreter {
  const self = new Interpreter(
    ({ kind, ...work }) =>
      kind === 'ask' && 'step' in work
        ? {
            type: 'step/answered',
            step: work.step,
            attempt: 1,
            parts: [{ kind: 'text', text: 'x', part: 'prt_1' }],
            calls: [],
            reason: 'stop',
            usage: { input: 10, output: 5 },
            cost: 70,
          }
        : undefined,
    { prompt: '', tools: '', model: 'test/model', date: '2026-01-01' },
  );
  const lineage = { parent: 'ses_0', parentCall: 'cal_1', root: 'ses_0', depth: 1, share };
  const profile = { ...PROFILE, budget: own };
  self.submit({ type: 'session/create', owner: 'local', name: 'one', folder: '/work', profile, lineage });
  self.submit(send('hi'));
  return self;
}

describe('a child', () => {
  const share = { tokens: 500, usd: 1 };
  const raise = (to: number) =>
    asCommand({ type: 'budget/raise', scope: 'subtree', measure: 'tokens', to, by: BY });

  it('keeps what it used, and gives back the rest, when its first turn ends', () => {
    const self = child(share, { subtree: { ...share, steps: 7 } });
    expect(self.submit(raise(900))).toMatchObject({ refusal: { code: 'conflict' } });
    self.settle();
    expect(self.state.profile.budget).toEqual({ subtree: { tokens: 15, usd: 0.00007, steps: 7 } });
    expect(self.state.share).toBeUndefined();
    expect(self.restart().state.profile.budget?.subtree?.tokens).toBe(15);
  });

  it('is gone on with only when someone gives it more', () => {
    const self = child(share, { subtree: share }).settle();
    self.submit(send('more'));
    expect(trace(self.journal)).toMatch(/turn:completed budget.reached held:1$/);
    expect(self.submit(raise(900))).toHaveProperty('reply');
  });
});

it('whatever children use, a subtree never passes its limit', () => {
  const children = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    // Enough that each child gets something: the world of this test does not reserve for what follows.
    fc.property(fc.integer({ min: 100, max: 5_000 }), children, (tokens, ends) => {
      const budget = { subtree: { tokens, usd: tokens / 1_000 } };
      const self = parent(
        budget,
        ends.map(() => SPAWN),
      );
      shares(self).forEach((share, index) => {
        const [part, known] = ends[index] ?? [1, true];
        const cost = Math.floor((share?.usd ?? 0) * MILLION * part);
        finish(self, index, known ? used(Math.floor((share?.tokens ?? 0) * part), cost) : undefined);
        for (const { spent, reserved, limit } of budgetLines(self.state))
          expect(spent + reserved).toBeLessThanOrEqual(limit + 0.5 / MILLION);
      });
      expect(shares(self)).toHaveLength(ends.length);
      expect(self.journal.reduce(evolve, emptyState('ses_1'))).toEqual(self.state);
    }),
  );
});
