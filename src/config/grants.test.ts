import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Grant } from '../protocol/index.ts';
import { scratch } from './fixtures.ts';
import { configuredGrants, openGrants } from './grants.ts';

const neverTold = (text: string): never => {
  throw new Error(`unexpected notice: ${text}`);
};
const EXEC: Grant = { tool: 'exec', scope: 'always' };
const TESTS: Grant = { tool: 'exec', scope: 'path', path: 'npm test' };

test('what is allowed for always is there after the next start, once', async () => {
  using s = scratch();
  const grants = openGrants(s.home, neverTold);
  expect(grants.list()).toEqual([]);
  await grants.add(TESTS);
  await grants.add({ scope: 'path', path: 'npm test', tool: 'exec' });
  await grants.add(EXEC);
  expect(grants.list()).toEqual([TESTS, EXEC]);
  expect(openGrants(s.home, neverTold).list()).toEqual([TESTS, EXEC]);
  expect(statSync(s.home.grants).mode & 0o777).toBe(0o600);
});

test('one is removed, whole and alone', async () => {
  using s = scratch();
  const grants = openGrants(s.home, neverTold);
  await grants.add(TESTS);
  await grants.add(EXEC);
  expect(await grants.remove({ tool: 'exec', scope: 'path' })).toBe(false);
  expect(await grants.remove(EXEC)).toBe(true);
  expect(openGrants(s.home, neverTold).list()).toEqual([TESTS]);
});

test('what another process saved meanwhile is kept', async () => {
  using s = scratch();
  const [one, other] = [openGrants(s.home, neverTold), openGrants(s.home, neverTold)];
  await one.add(EXEC);
  await other.add(TESTS);
  expect(openGrants(s.home, neverTold).list()).toEqual([EXEC, TESTS]);
});

test.each(['once', 'session'] as const)('an allowance of scope %s is not saved', async (scope) => {
  using s = scratch();
  const grants = openGrants(s.home, neverTold);
  await expect(grants.add({ tool: 'exec', scope })).rejects.toMatchObject({ code: 'invalid_params' });
  expect(grants.list()).toEqual([]);
});

test('a damaged file is kept aside and allows nothing', async () => {
  using s = scratch();
  s.write(s.home.grants, '{"version":1,"grants":[{"tool":"exec"}]}');
  const notices: string[] = [];
  const grants = openGrants(s.home, (text) => notices.push(text));
  expect(grants.list()).toEqual([]);
  expect(notices).toHaveLength(1);
  const aside = notices[0]?.split('kept as ')[1] ?? '';
  expect(readFileSync(aside, 'utf8')).toContain('"exec"');
  await grants.add(EXEC);
  expect(grants.list()).toEqual([EXEC]);
});

test('rules of the configuration are grants too', () => {
  using s = scratch();
  s.write(
    s.home.config,
    '{ "permissions": { "allow": [{ "tool": "edit" }, { "tool": "exec", "path": "npm test" }] } }',
  );
  expect(configuredGrants(s.load())).toEqual([{ tool: 'edit', scope: 'always' }, TESTS]);
});
