import { expect, it } from 'vitest';
import { systemRandom } from '../base/index.ts';
import { SessionName } from '../protocol/index.ts';
import { generateName } from './names.ts';

it('makes allowed names, two words at first, and a number behind them from then on', () => {
  for (let n = 0; n < 500; n++) {
    expect(generateName(systemRandom, 0)).toMatch(/^[a-z]+-[a-z]+$/);
    expect(generateName(systemRandom, 1)).toMatch(/^[a-z]+-[a-z]+-\d+$/);
    expect(SessionName.safeParse(generateName(systemRandom, 1)).success).toBe(true);
  }
});
