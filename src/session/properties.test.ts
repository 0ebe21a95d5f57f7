// Sessions that anything happens to, in any order: clients that say anything, models and tools that do anything, hosts that end.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { violations } from '../../test/oracle.ts';
import type { Budget, Command, Profile, SessionEvent } from '../protocol/index.ts';
import { asCommand, BUSY, BY, cancel, FRAME, goOn, PROFILE, resolve, send, summed } from './fixtures.ts';
import { illegalJournal, illegalRequests, illegalState } from './illegal.fixture.ts';
import {
  Conversation,
  decide,
  effects,
  emptyState,
  evolve,
  findCut,
  mayCompact,
  MAY_REST,
  NEXT,
  statusOf,
  type AnyCommand,
  type Decided,
  type Effect,
  type EffectCommand,
  type Refusal,
  type SessionState,
} from './index.ts';
import { Interpreter } from './interpreter.fixture.ts';

const FILE = { name: 'a.png', mediaType: 'image/png', blob: '0'.repeat(64), bytes: 1 };
const ERROR = { code: 'internal', message: 'lost' } as const;

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value))
    Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}

/** Looks at every decision: it is pure, its status may follow, and what it starts may start. */
class Watched extends Interpreter {
  readonly results: EffectCommand[] = [];
  readonly runs = new Map<string, number>();

  constructor() {
    super((work, self) => {
      if (work.kind !== 'run' || work.stop) return undefined;
      const intent = self.journal.findLast(({ type, call }) => type === 'tool.started' && call === work.call);
      expect(intent?.data).toEqual({ incarnation: self.incarnation });
      this.runs.set(work.call, (this.runs.get(work.call) ?? 0) + 1);
      return undefined;
    }, FRAME);
  }

  override submit(command: AnyCommand): Decided | Refusal {
    const before = deepFreeze(this.state);
    const facts = { at: this.at, incarnation: this.incarnation, frame: FRAME };
    const foreseen = decide(before, deepFreeze(command), facts);
    const decided = super.submit(command);
    expect(decided).toEqual(foreseen);
    if (before.seq > 0) expect(NEXT[statusOf(before)]).toContain(statusOf(this.state));
    if (statusOf(before) === 'running' && statusOf(this.state) !== 'running') {
      const types = this.journal.slice(before.seq).map(({ type }) => type);
      expect(types.some((type) => MAY_REST.has(type))).toBe(true);
    }
    return decided;
  }
}

type Action = (self: Watched) => void;

const nat = fc.nat({ max: 6 });
const flag = fc.boolean();
const word = fc.constantFrom('', ' ', 'word', 'some words', 'more words', 'x'.repeat(400));
const provider = fc.constantFrom(
  {},
  { provider: { name: 'test', data: 1 } },
  { provider: { name: 'other', data: 2 } },
);
const judgement = fc.record({
  kind: fc.constantFrom('allow', 'allow', 'ask', 'deny'),
  why: fc.constant('why'),
  summary: fc.constant('does'),
});
const rarely = <T>(value: T): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constant(value) });
const requested = fc
  .record({
    tool: fc.constantFrom('a', 'b'),
    idempotent: flag,
    parallel: fc.constantFrom(true, true, false),
    spawns: rarely(true),
    judgement: fc.option(judgement),
    invalid: rarely(ERROR),
  })
  .map(({ judgement, invalid, spawns, ...rest }) => ({
    ...rest,
    ...(spawns === undefined ? {} : { spawns, idempotent: false }),
    args: {},
    ...(judgement === null ? {} : { judgement }),
    ...(invalid === undefined ? {} : { invalid }),
  }));
const said = fc.array(fc.tuple(fc.constantFrom('text', 'reasoning'), word, provider), { maxLength: 3 });

/** What becomes of any effect: of a request, of a question for permission, of a run. */
const fate = fc.record({
  said,
  calls: fc.oneof(fc.constant([]), fc.array(requested, { maxLength: 4 })),
  reason: fc.constantFrom('stop', 'stop', 'stop', 'calls', 'length', 'length', 'filter'),
  fails: rarely(true),
  retryInMs: fc.constantFrom(undefined, 0, 500),
  judgement,
  status: fc.constantFrom('ok', 'ok', 'error', 'timeout', 'unknown'),
  outcome: fc.constantFrom('completed', 'completed', 'failed', 'interrupted', 'cancelled'),
});
type Fate = typeof fate extends fc.Arbitrary<infer T> ? T : never;

/** A summary, or one that is of no use: said to be so, or cut off from what it replaces. */
function sumOf(self: Watched, compaction: string, fails: Fate['said'] | undefined): EffectCommand {
  if (fails === undefined) return summed(self, compaction, { summary: 's' });
  const [[, word] = ['', '']] = fails;
  const reason = word === '' ? 'empty' : word === ' ' ? 'model' : 'cancelled';
  return {
    type: 'compaction/failed',
    compaction,
    reason,
    error: ERROR,
    ...(word === ' ' ? { unreported: true } : {}),
  };
}

function resultOf(
  self: Watched,
  effect: Effect,
  { said, calls, reason, fails, retryInMs, judgement, status, outcome }: Fate,
): EffectCommand {
  if (effect.kind === 'timer') return { type: 'timer/fired', key: effect.key };
  if (effect.kind === 'judge') return { type: 'call/judged', call: effect.call, judgement };
  if (effect.kind === 'run')
    return { type: 'call/finished', call: effect.call, status, output: { text: '', bytes: 0 } };
  if (effect.kind === 'compact') return sumOf(self, effect.compaction, fails === true ? said : undefined);
  if (effect.kind === 'child' && fails === true)
    return { type: 'child/changed', call: effect.call, waiting: calls.length === 0, questions: said.length };
  if (effect.kind === 'child') {
    const result = { status, output: { text: '', bytes: 0 }, usage: { input: 1, output: 1 } };
    return { type: 'child/finished', call: effect.call, outcome, ...result };
  }
  const { step, attempt } = effect;
  const parts = said.map(([kind, text, data], index) => ({
    kind,
    text,
    part: partOf(step, attempt, index),
    ...data,
  }));
  if (fails === true || effect.stop)
    return {
      type: 'step/failed',
      step,
      attempt,
      parts,
      error: BUSY,
      ...(retryInMs === undefined ? {} : { retryInMs }),
    };
  return { type: 'step/answered', step, attempt, parts, calls, reason, usage: { input: 3, output: 1 } };
}

function partOf(step: string, attempt: number, index: number): string {
  return `prt_${step}.${String(attempt)}.${String(index)}`;
}

/** What must be reserved is, or the step ends unasked. */
function mayBeAsked(self: Watched, effect: Effect): boolean {
  if (effect.kind === 'compact' && effect.reserve) {
    const { compaction } = effect;
    const price = { input: 1, output: 1 };
    self.submit({ type: 'compaction/estimated', compaction, input: 3, output: 1, price });
    return self.state.compaction?.reserved !== undefined;
  }
  if (effect.kind !== 'ask' || !effect.reserve || effect.stop) return true;
  const { step, attempt } = effect;
  self.submit({ type: 'step/estimated', step, attempt, input: 3, output: 1, price: { input: 1, output: 1 } });
  return self.state.turn?.step?.reserved !== undefined;
}

const answer = fc.tuple(nat, fate).map(([pick, given]): Action => (self) => {
  const wanted = effects(self.state).filter((effect) => effect.kind !== 'timer');
  const effect = wanted[pick % Math.max(1, wanted.length)];
  if (effect === undefined || (effect.kind === 'ask' && (effect.notBefore ?? 0) > self.at)) return;
  if (!mayBeAsked(self, effect)) return;
  const result = resultOf(self, effect, given);
  self.results.push(result);
  self.submit(result);
});

/** A result that comes again, or too late, is refused or changes nothing, unless its place is still free. */
const stale = nat.map((pick): Action => (self) => {
  const result = self.results[pick % Math.max(1, self.results.length)];
  if (result === undefined || /judged|changed/.test(result.type)) return;
  const decided = self.submit(result);
  if ('events' in decided) expect(decided.events).toEqual([]);
});

const wait = fc.constantFrom(1, 500, 6_000).map(
  (ms): Action =>
    (self) =>
      void self.wait(ms),
);

/** The host ends, or the session alone crashes; when that happens too often it fails, and nothing is recovered. */
const restart = fc
  .tuple(fc.constantFrom('power', 'power', 'crash', 'fail'), word)
  .map(([cause, tail]): Action => (self) => {
    const { seq, turn } = self.state;
    const step = turn?.step?.phase === 'asking' ? turn.step.id : undefined;
    self.incarnation++;
    if (cause === 'fail') return void self.submit({ type: 'session/fail', error: ERROR });
    if (cause === 'crash') self.submit({ type: 'session/crash', error: ERROR });
    const part = { kind: 'text', text: tail, part: `prt_tail.${String(seq)}` } as const;
    self.restart(undefined, tail === '' || step === undefined ? [] : [{ ...part, step }]);
  });

const cut = fc.integer({ min: 1, max: 400 }).map((budget): Action => (self) => {
  const found = findCut(new Conversation().addAll(self.journal), budget);
  if (found !== undefined) self.submit({ type: 'context/cut', ...found });
});

/** The next request would fill the context. */
const full: Action = (self) => {
  const { id: step, attempt } = self.state.turn?.step ?? {};
  const may = mayCompact(self.state);
  const decided = self.submit({ type: 'context/full', step: step ?? 'stp_0', attempt: attempt ?? 1 });
  expect('events' in decided).toBe(may);
};

const input = fc
  .record({
    text: word,
    delivery: fc.constantFrom('queue', 'steer'),
    attachments: fc.constantFrom<(typeof FILE)[]>([], [], [FILE]),
    without: fc.constantFrom<('history' | 'tools')[]>([], [], ['history'], ['history', 'tools']),
  })
  .map(({ text, delivery, attachments, without }): Action => (self) => {
    const id = `cmd_${String(self.state.seq)}`;
    self.submit(send(text, { id, delivery, attachments, without }));
  });

const approval = fc
  .tuple(fc.constantFrom('allow', 'deny'), fc.constantFrom('once', 'session', 'path'), flag)
  .map(([decision, scope, named]): Action => (self) => {
    const waiting = self.state.turn?.step?.calls.find(({ status }) => status === 'waiting');
    self.submit(
      resolve(decision, { scope, ...(named && waiting !== undefined ? { call: waiting.id } : {}) }),
    );
  });

const withdraw = nat.map((pick): Action => (self) => {
  const command = self.state.inputs[pick]?.command ?? 'cmd_none';
  self.submit(asCommand({ type: 'input/withdraw', command }));
});

const rest = fc
  .constantFrom<(() => Command)[]>(
    goOn,
    () => asCommand({ type: 'context/add', role: 'note', text: ' ' }),
    () => asCommand({ type: 'context/add', role: 'user', text: 'mind' }),
    () => asCommand({ type: 'context/add', role: 'user', text: ' ' }),
    () => asCommand({ type: 'context/compact', by: BY }),
    () => asCommand({ type: 'context/compact' }),
    () => asCommand({ type: 'context/uncompact', by: BY }),
    () => asCommand({ type: 'budget/raise', scope: 'session', measure: 'tokens', to: 60, by: BY }),
    () => asCommand({ type: 'session/rename', name: 'other' }),
    () => asCommand({ type: 'session/tag', tags: { a: '' } }),
    () => asCommand({ type: 'session/configure', change: { mode: 'full' } }),
    () => asCommand({ type: 'session/archive', by: BY }),
    () => asCommand({ type: 'session/restore', by: BY }),
    () => asCommand({ type: 'session/revive', by: BY }),
  )
  .map(
    (command): Action =>
      (self) =>
        void self.submit(command()),
  );

/** Ends what keeps a session from working. */
const mend: Action = (self) => {
  self.submit(asCommand({ type: 'session/restore', by: BY }));
  self.submit(asCommand({ type: 'session/revive', by: BY }));
};

const action = fc.oneof(
  { weight: 16, arbitrary: answer },
  { weight: 4, arbitrary: input },
  { weight: 2, arbitrary: approval },
  { weight: 2, arbitrary: rest },
  { weight: 2, arbitrary: fc.constant(mend) },
  { weight: 1, arbitrary: wait },
  { weight: 1, arbitrary: restart },
  { weight: 1, arbitrary: cut },
  { weight: 2, arbitrary: fc.constant(full) },
  { weight: 1, arbitrary: withdraw },
  { weight: 1, arbitrary: stale },
  { weight: 1, arbitrary: fc.constant<Action>((self) => void self.submit(cancel())) },
);

const limits = fc.record({
  maxSteps: fc.constantFrom(1, 3, 20),
  parallelTools: fc.constantFrom(1, 2, 8),
  turnTimeoutMs: fc.constantFrom(0, 0, 7_000),
  lifetimeMs: fc.constantFrom(0, 0, 20_000),
});

const life = fc
  .record({
    limits,
    haltOnDenied: flag,
    budget: fc.constantFrom<Budget>(
      {},
      {},
      { session: { tokens: 30 } },
      { turn: { steps: 3, wallMs: 700 } },
      { subtree: { tokens: 60, steps: 8 } },
    ),
    recovery: fc.constantFrom('continue', 'pause'),
    continueOnLength: flag,
    compaction: fc.constantFrom(true, true, false),
    actions: fc.array(action, { minLength: 10, maxLength: 60, size: 'max' }),
  })
  .map(({ limits: own, actions, ...flags }) => (): Watched => {
    const self = created({ ...flags, limits: { ...PROFILE.limits, ...own } });
    for (const act of actions) {
      act(self);
      self.settle();
      expect(illegalState(self.state)).toEqual([]);
    }
    return self;
  });

function created(profile: Partial<Profile> = {}): Watched {
  const self = new Watched();
  const whole = { ...PROFILE, ...profile };
  self.submit({ type: 'session/create', owner: 'local', name: 'one', folder: '/work', profile: whole });
  return self;
}

const fold = (journal: readonly SessionEvent[], state = emptyState('ses_1')): SessionState =>
  journal.reduce(evolve, state);

describe('whatever happens to a session', () => {
  it('it is never in an illegal state, and its journal says the same', () => {
    fc.assert(
      fc.property(life, nat, (live, pick) => {
        const { journal, state, runs } = live();
        expect([...illegalJournal(journal), ...violations(journal, runs)]).toEqual([]);
        expect(fold(journal)).toEqual(state);
        const half = Math.floor((journal.length * pick) / 6);
        const snapshot = JSON.parse(JSON.stringify(fold(journal.slice(0, half)))) as SessionState;
        expect(fold(journal.slice(half), snapshot)).toEqual(state);
        const apart = new Conversation().addAll(journal.slice(0, half)).addAll(journal.slice(half));
        expect(apart).toEqual(new Conversation().addAll(journal));
      }),
      { numRuns: 250 },
    );
  });

  it('any prefix of its journal, recovered, gives a closed transcript to any model', () => {
    fc.assert(
      fc.property(life, fc.integer({ min: 1, max: 200 }), (live, budget) => {
        const { journal } = live();
        for (let cut = 1; cut <= journal.length; cut++) {
          const again = new Interpreter(() => undefined, FRAME);
          again.incarnation = 1_000;
          again.journal.push(...journal);
          again.restart(cut);
          expect(illegalRequests(again, budget)).toEqual([]);
        }
      }),
      { numRuns: 100 },
    );
  });
});

it('control state does not grow with the journal', () => {
  const sizes = [5, 100].map((turns) => {
    const self = created();
    for (let turn = 0; turn < turns; turn++) {
      self.submit(send('hi', { id: `cmd_${String(turn)}` }));
      const step = self.state.turn?.step?.id ?? '';
      const parts = [{ kind: 'text' as const, text: 'x'.repeat(100), part: `prt_${step}` }];
      self.submit({
        type: 'step/answered',
        step,
        attempt: 1,
        parts,
        calls: [],
        reason: 'stop',
        usage: { input: 1, output: 1 },
      });
    }
    return JSON.stringify(self.state).length;
  });
  // Numbers have a few more digits.
  expect(sizes[1]).toBeLessThan((sizes[0] ?? 0) + 20);
});

it('an event of a type that is not known changes nothing but where the journal ends', () => {
  const self = created();
  self.submit(send('hi'));
  const seq = self.state.seq + 1;
  const novel = { session: 'ses_1', seq, at: self.at, v: 1, type: 'novel.happened', data: {} };
  expect(evolve(self.state, novel as unknown as SessionEvent)).toEqual({ ...self.state, seq });
});
