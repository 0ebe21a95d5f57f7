// What a simulated model says, by dice: everything a real one may do, and some things it may not.
import type { ModelFailure, ModelPart } from '../../model/index.ts';
import type { Dice } from './dice.ts';

/** How much a session's models and tools misbehave. */
export type Temper = 'good' | 'mixed' | 'hostile';

export type Line =
  | { readonly waitMs: number; readonly part: ModelPart }
  /** Nothing more before the signal aborts; `deaf` not even then. */
  | { readonly silence: 'hears' | 'deaf' }
  /** The stream ends without a word. */
  | { readonly cut: true }
  /** The stream throws, which no model may. */
  | { readonly throws: string };

type Shape =
  | 'text'
  | 'thought'
  | 'calls'
  | 'empty'
  | 'length'
  | 'silence'
  | 'deaf'
  | 'cut'
  | 'throws'
  | 'retry'
  | 'busy'
  | 'refused';

const NEVER: Readonly<Record<Shape, number>> = {
  text: 0,
  thought: 0,
  calls: 0,
  empty: 0,
  length: 0,
  silence: 0,
  deaf: 0,
  cut: 0,
  throws: 0,
  retry: 0,
  busy: 0,
  refused: 0,
};

const SHAPES: Readonly<Record<Temper, Readonly<Record<Shape, number>>>> = {
  good: only({ text: 5, thought: 2, calls: 6 }),
  mixed: only({
    text: 6,
    thought: 3,
    calls: 12,
    empty: 1,
    length: 1,
    silence: 1,
    cut: 1,
    retry: 2,
    busy: 1,
    refused: 1,
  }),
  hostile: only({
    text: 2,
    thought: 1,
    calls: 8,
    empty: 1,
    length: 1,
    silence: 2,
    deaf: 1,
    cut: 1,
    throws: 1,
    retry: 1,
    busy: 1,
    refused: 1,
  }),
};

const TOOLS: Readonly<Record<Temper, Readonly<Record<string, number>>>> = {
  good: { write: 5, look: 3, slow: 1 },
  mixed: { write: 6, look: 4, slow: 2, fail: 1, flood: 1, none: 1, hang: 1, spawn: 5, message: 2 },
  hostile: { write: 3, look: 1, hang: 2, deaf: 2, throw: 2, flood: 1, none: 1, spawn: 2, message: 1 },
};

function only(weights: Partial<Record<Shape, number>>): Record<Shape, number> {
  return { ...NEVER, ...weights };
}

/** The answer to request `number`. Its texts begin with that number, so that they can be found again. */
export function scriptOf(number: number, temper: Temper, dice: Dice): readonly Line[] {
  const shape = dice.weighted(SHAPES[temper]);
  const tag = `r${String(number)}`;
  if (shape === 'empty') return [finished('stop', dice)];
  if (shape === 'busy')
    return [fails('overloaded', { retryable: true, retryAfterMs: dice.between(100, 3_000) })];
  if (shape === 'refused') return [fails('provider_failed', { retryable: false })];
  if (shape === 'thought')
    return [...texts('reasoning', tag, dice), ...texts('text', tag, dice), finished('stop', dice)];
  if (shape === 'calls') return callLines(tag, temper, dice);
  const begun = dice.chance(0.7) ? texts('text', tag, dice) : [];
  if (shape === 'retry') return [...begun, fails('provider_failed', { retryable: true })];
  if (shape === 'silence' || shape === 'deaf')
    return [...begun, { silence: shape === 'deaf' ? 'deaf' : 'hears' }];
  if (shape === 'cut') return [...begun, { cut: true }];
  if (shape === 'throws') return [...begun, { throws: `the model of ${tag} threw` }];
  return [...texts('text', tag, dice), finished(shape === 'length' ? 'length' : 'stop', dice)];
}

function callLines(tag: string, temper: Temper, dice: Dice): readonly Line[] {
  const count = dice.weighted({ '1': 5, '2': 3, '4': 2 });
  // Only a batch of tools that all allow it runs side by side.
  const same = dice.chance(0.4) ? 'look' : undefined;
  const calls = Array.from({ length: Number(count) }, (_, n): Line => {
    const tool = same ?? dice.weighted(TOOLS[temper]);
    const args = dice.chance(0.04)
      ? dice.pick(['{"n": ', '{"n": "not a number"}', '[]'])
      : JSON.stringify(argsOf(tool, `${tag}.${String(n)}`, dice));
    return { waitMs: dice.between(0, 20), part: { type: 'call', index: n + 2, tool, args } };
  });
  const before = dice.chance(0.4) ? texts('text', tag, dice) : [];
  return [...before, ...calls, finished('calls', dice)];
}

function argsOf(tool: string, of: string, dice: Dice): Record<string, string | number> {
  if (tool === 'spawn') return { prompt: `task ${of}` };
  if (tool === 'message') return { to: `s${String(dice.between(0, 5))}`, text: `message ${of}` };
  return { n: 1, of };
}

const WORDS = ['one', ' desk', ' two books', ' ', ' 🦉', ' and a lamp', '\n', ' é', ' …'];

function texts(type: 'text' | 'reasoning', tag: string, dice: Dice): readonly Line[] {
  const index = type === 'reasoning' ? 0 : 1;
  const head = `[${tag}.${String(index)}] `;
  const pieces = Array.from({ length: dice.between(1, 10) }, () => dice.pick(WORDS));
  // A piece may end inside a surrogate pair.
  const halves = pieces.flatMap((piece) =>
    piece === ' 🦉' && dice.chance(0.5) ? [piece.slice(0, 2), piece.slice(2)] : [piece],
  );
  const lines = [head, ...halves].map((text): Line => ({
    waitMs: dice.between(0, 45),
    part: { type, index, text },
  }));
  const provider = { name: 'sim', data: `signed ${tag}` };
  const signed = type === 'reasoning' && dice.chance(0.5) ? { provider } : {};
  return [...lines, { waitMs: 0, part: { type: 'ended', index, ...signed } }];
}

function finished(reason: 'stop' | 'calls' | 'length', dice: Dice): Line {
  const usage = { input: dice.between(1, 500), output: dice.between(1, 100) };
  return { waitMs: dice.between(0, 30), part: { type: 'finished', reason, usage } };
}

function fails(
  code: 'overloaded' | 'provider_failed',
  how: Pick<ModelFailure, 'retryable' | 'retryAfterMs'>,
): Line {
  const failure = { code, message: 'the simulated provider says no', ...how };
  return { waitMs: 10, part: { type: 'failed', failure } };
}
