// node worker.ts FIRST END STEP: simulates the seeds FIRST, FIRST + STEP, … below END, and writes a line of JSON for each.
import { simulate } from '../../src/testing/index.ts';

const [first = 0, end = 0, step = 1] = process.argv.slice(2).map(Number);
for (let seed = first; seed < end; seed += step) {
  const { steps, violations } = await simulate({ seed });
  const [violation] = violations;
  console.log(JSON.stringify({ seed, steps, ...(violation === undefined ? {} : { violation }) }));
}
