// The rows of budgets, of each scope and measure.
import type { Setting } from './setting.ts';

const SCOPES = {
  turn: 'one turn',
  session: 'all turns of a session',
  subtree: 'a session and every session below it',
} as const;

const MEASURES = {
  usd: { kind: 'number', unit: 'USD', minimum: 0, maximum: 1_000_000, what: 'Money' },
  tokens: { kind: 'integer', unit: 'tokens', minimum: 1, maximum: Number.MAX_SAFE_INTEGER, what: 'Tokens' },
  steps: { kind: 'integer', unit: 'steps', minimum: 1, maximum: 1_000_000_000, what: 'Model requests' },
  wallMs: {
    kind: 'integer',
    unit: 'ms',
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    what: 'Time at work',
  },
} as const;

/** One of them has a flag: what a person who names a sum means is the session with everything it starts. */
const FLAG = 'budget.subtree.usd';

export const BUDGET: readonly Setting[] = [
  ...Object.entries(SCOPES).flatMap(([scope, of]) =>
    Object.entries(MEASURES).map(([measure, { what, ...bounds }]): Setting => {
      const key = `budget.${scope}.${measure}`;
      const flag = key === FLAG ? { env: 'CARREL_BUDGET', flag: '--budget' } : {};
      const meaning = `${what} for ${of}; no limit when left out.`;
      return { key, project: 'trusted', ...bounds, meaning, ...flag };
    }),
  ),
  {
    key: 'budget.unknownPrice',
    kind: 'choice',
    project: 'trusted',
    choices: ['refuse', 'allow'],
    meaning: 'What a limit of money does about a model whose price is unknown; `refuse` when left out.',
    reason: 'A limit that cannot be kept is none.',
  },
];
