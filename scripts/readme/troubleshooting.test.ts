import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERRORS } from '../../src/protocol/index.ts';

const GUIDE = readFileSync(join(import.meta.dirname, '../../docs/guides/troubleshooting.md'), 'utf8');

test.each(Object.keys(ERRORS))('the troubleshooting guide has an entry for %s', (code) => {
  expect(GUIDE).toContain(`\n## ${code}\n`);
});
