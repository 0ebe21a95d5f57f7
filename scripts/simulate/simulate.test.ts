import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAULTS, plantedIn } from './faults.ts';

const ROOT = new URL('../../', import.meta.url);

it.each(FAULTS)('knows where to plant: $name', (fault) => {
  const text = readFileSync(new URL(fault.file, ROOT), 'utf8');
  expect(plantedIn(fault, text)).not.toBe(text);
  expect(() => plantedIn(fault, `${text}${text}`)).toThrow('Adjust the table');
  expect(() => plantedIn(fault, '')).toThrow('0 times');
});

function runPlanted(...args: string[]): { readonly status: number | null; readonly said: string } {
  const script = ['--import', './scripts/simulate/plant.ts', 'scripts/simulate.ts', ...args];
  const { status, stdout } = spawnSync(process.execPath, script, {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, CARREL_PLANTED: 'skip the de-duplication' },
  });
  return { status, said: stdout };
}

it('shortens a run that breaks a promise, and prints the line that shows it again', () => {
  const { status, said } = runPlanted('--seed', '1');
  expect(status).toBe(1);
  expect(said).toContain('P1 is broken');
  const [, only = ''] = /npm run simulate -- --seed 1 --only ([\d,]+)$/m.exec(said) ?? [];
  const numbers = only.split(',');
  expect(numbers.length).toBeGreaterThan(0);
  expect(numbers.length).toBeLessThan(5);
  const again = runPlanted('--seed', '1', '--only', only);
  expect(again.status).toBe(1);
  const lastLines = (text: string): string => text.slice(text.indexOf('what was done:'));
  expect(lastLines(again.said)).toBe(lastLines(said));
}, 120_000);
