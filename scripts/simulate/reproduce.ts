import { shownAction, shrink, simulate, type SimulationOptions } from '../../src/testing/index.ts';

/** Lines of the trace that are shown: the end explains most. */
const SHOWN = 60;

/** Runs one seed and says what happened: of a failure, the shortest run that still fails. Gives whether every promise was kept. */
export async function reproduce(options: SimulationOptions): Promise<boolean> {
  const whole = await simulate(options);
  if (whole.violations.length === 0) {
    const { seed, steps, lastedMs, hash, tally } = whole;
    console.log(
      `seed ${String(seed)}: every promise was kept in ${String(steps)} steps, ${String(lastedMs)} ms`,
    );
    console.log(`trace ${hash} ${JSON.stringify(tally)}`);
    return true;
  }
  const short = options.only === undefined ? await shrink(whole) : whole;
  console.log(short.trace.slice(-SHOWN).join('\n'));
  console.log(`\nwhat was done:\n${short.actions.map((action) => `  ${shownAction(action)}`).join('\n')}\n`);
  for (const { promise, what, atMs } of short.violations)
    console.log(`${promise} is broken at ${String(atMs)} ms: ${what}`);
  const only = short.actions.map(({ number }) => number).join(',');
  console.log(`\nnpm run simulate -- --seed ${String(short.seed)} --only ${only}`);
  return false;
}
