import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const ENGINE = fileURLToPath(new URL('./engine.ts', import.meta.url));

/** Makes and drops some 200 MiB of which a little is kept for a while, then says how large the engine's space for new things is. */
const CHURN = `
const kept = [];
for (let n = 0; n < 3_000_000; n++) kept[n % 50_000] = { n, more: [n, n] };
const { getHeapSpaceStatistics } = require('node:v8');
console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size);
`;

async function newSpaceMiB(...flags: readonly string[]): Promise<number> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, '-e', CHURN], {
    env: {},
  });
  expect(stderr).toBe('');
  return Number(stdout) / 2 ** 20;
}

it('keeps the space for new things small, and the engine knows what it is told', async () => {
  const unset = await newSpaceMiB();
  expect(unset).toBeGreaterThan(8);
  expect(await newSpaceMiB('--import', ENGINE)).toBeLessThan(unset / 2);
});
