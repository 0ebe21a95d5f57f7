// What was acknowledged survives a power cut at any moment, and work goes on. The same cuts, on commits that are not synced, show
// that a loss would be seen.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { canTrace, cutOften } from './cut-often.ts';

const FEW = 15;
const CUTS = process.env['CARREL_TEST_LONG'] === undefined ? FEW : 200;
/** Each cut opens a store and runs a turn in every session; generous for a busy machine. */
const TIMEOUT_MS = 60_000 + CUTS * 2_000;

const NORMAL_SYNC = join(import.meta.dirname, 'normal-sync.ts');

interface Case {
  readonly name: string;
  /** What is wrong. */
  readonly problems: () => Promise<readonly unknown[]>;
}

const CASES: readonly Case[] = [
  {
    name: 'loses nothing that was acknowledged, and work goes on',
    problems: async () => (await cutOften(CUTS)).filter(({ problems }) => problems.length > 0),
  },
  {
    name: 'is seen to lose what was acknowledged where commits are not synced',
    async problems() {
      const found = (await cutOften(FEW, [NORMAL_SYNC])).flatMap(({ problems }) => problems);
      return found.some((problem) => problem.startsWith('lost event')) ? [] : ['no loss was seen', ...found];
    },
  },
];

const NOT_TRIED: readonly Case[] = [
  {
    name: 'is not tried here: strace is missing, or may not trace',
    problems: () => Promise.resolve([]),
  },
];

it.each(canTrace() ? CASES : NOT_TRIED)(
  'a power cut $name',
  { timeout: TIMEOUT_MS },
  async ({ problems }) => {
    expect(await problems()).toEqual([]);
  },
);
