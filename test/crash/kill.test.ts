// kill -9 at random moments of streaming and of tools. How much text a kill costs depends on how busy the machine is, too: the
// promise is held against the median, each kill against a wide bound; that text is handed to the store 40 ms after it came is
// proved on manual time beside the host.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WireKind } from '../../src/testing/index.ts';
import { killAt, type Moment } from './kill.ts';
import { judge, type Verdict } from './outcome.ts';

const LONG = process.env['CARREL_TEST_LONG'] !== undefined;
const KILLS = LONG ? 200 : 8;
const CANCELS = LONG ? 20 : 4;
/** A child that starts, a turn and a half, and two more turns behind it; several times that on a busy machine. */
const KILL_MS = 15_000;

const PROMISED_MS = 100;
const WORST_MS = 1_000;

const kind = fc.constantFrom<WireKind>('openai', 'openai-compatible', 'anthropic', 'google');
/** A turn is some 360 chunks and 35 lines. */
const chunk = fc.noBias(fc.integer({ min: 1, max: 400 }));
const line = fc.noBias(fc.integer({ min: 1, max: 60 }));
const moment = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind, by: fc.constant('chunk' as const), at: chunk }) },
  { weight: 1, arbitrary: fc.record({ kind, by: fc.constant('line' as const), at: line }) },
);
const cancel = fc.record({ kind, by: fc.constant('cancel' as const), at: chunk });

const seed = Number(process.env['CARREL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

function sample(moments: fc.Arbitrary<Moment>, numRuns: number): readonly Moment[] {
  return fc.sample(moments, { seed, numRuns });
}

interface Failure {
  readonly moment: string;
  readonly problems: readonly string[];
}

/** Kills at each moment, one after the other. Gives those that broke a promise, and how late the text was. */
async function killAll(
  moments: readonly Moment[],
): Promise<{ readonly failures: readonly Failure[]; readonly late: readonly number[] }> {
  const failures: Failure[] = [];
  const late: number[] = [];
  for (const at of moments) {
    const { problems, lateMs } = await killAt(at, judge).catch(brokenBy);
    if (lateMs !== undefined) late.push(lateMs);
    const moment = `${at.kind}, ${at.by} ${at.at}, CARREL_TEST_SEED=${seed}`;
    if (problems.length > 0) failures.push({ moment, problems });
  }
  return { failures, late: late.toSorted((a, b) => a - b) };
}

/** A home that is not free is a failure of its moment like any other. */
function brokenBy(error: unknown): Verdict {
  return { problems: [String(error)], lateMs: undefined };
}

/** Printed, because a bound that holds says nothing of how well. */
function tellDistribution(late: readonly number[]): void {
  const at = (share: number): string => (late[Math.floor((late.length - 1) * share)] ?? 0).toFixed(0);
  const ages = `least ${at(0)}, median ${at(0.5)}, 90 % ${at(0.9)}, most ${at(1)}`;
  process.stderr.write(
    `oldest text that a kill cost, ms: ${ages}; ${late.length} kills in mid-text, seed ${seed}\n`,
  );
}

describe('kill -9', () => {
  it(
    `at ${KILLS} moments loses nothing acknowledged, keeps the text, runs no tool twice and leaves no process`,
    { timeout: KILLS * KILL_MS },
    async () => {
      const { failures, late } = await killAll(sample(moment, KILLS));
      tellDistribution(late);
      expect(failures).toEqual([]);
      expect(late[Math.floor((late.length - 1) / 2)] ?? 0).toBeLessThan(PROMISED_MS);
      expect(late.at(-1) ?? 0).toBeLessThan(WORST_MS);
    },
  );

  it(
    `right behind the answer to a cancel, at ${CANCELS} moments, leaves a turn that nobody continues`,
    { timeout: CANCELS * KILL_MS },
    async () => {
      const { failures } = await killAll(sample(cancel, CANCELS));
      expect(failures).toEqual([]);
    },
  );
});
