import { existsSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { refusalOf, scratch } from './fixtures.ts';
import { isTrusted, listTrusted, trust, trustOf, untrust } from './trust.ts';

const neverTold = (text: string): never => {
  throw new Error(`unexpected notice: ${text}`);
};

test('trust is given, listed and taken back', () => {
  using s = scratch();
  expect(isTrusted(s.home, s.folder, neverTold)).toBe(false);
  trust(s.home, s.folder, neverTold);
  expect(isTrusted(s.home, s.folder, neverTold)).toBe(true);
  expect(listTrusted(s.home, neverTold)).toEqual([{ folder: s.folder, state: 'trusted' }]);
  expect(statSync(s.home.trusted).mode & 0o777).toBe(0o600);
  expect(untrust(s.home, s.folder, neverTold)).toBe(true);
  expect(untrust(s.home, s.folder, neverTold)).toBe(false);
  expect(listTrusted(s.home, neverTold)).toEqual([]);
});

test('it follows the real path, and outlives neither a change nor an appearance of the file', () => {
  using s = scratch();
  const link = join(s.home.dataFolder, '..', 'link');
  symlinkSync(s.folder, link);
  trust(s.home, link, neverTold);
  const state = (): string => trustOf(s.home, s.folder, { notice: neverTold });
  expect(state()).toBe('trusted');
  s.write(s.projectFile, '{}');
  expect(state()).toBe('changed');
  trust(s.home, s.folder, neverTold);
  expect(state()).toBe('trusted');
  s.write(s.projectFile, '{ }');
  expect([state(), isTrusted(s.home, s.folder, neverTold)]).toEqual(['changed', false]);
});

test('a folder that is gone can still be untrusted; one that never was cannot be trusted', () => {
  using s = scratch();
  trust(s.home, s.folder, neverTold);
  rmSync(s.folder, { recursive: true });
  expect(untrust(s.home, s.folder, neverTold)).toBe(true);
  expect(refusalOf(() => trust(s.home, s.folder, neverTold)).code).toBe('not_found');
});

test.each(['{', 'null', '{"version":1}', '{"version":1,"folders":{"/a":true}}'])(
  'a damaged list counts as empty and is kept aside: %j',
  (text) => {
    using s = scratch();
    s.write(s.home.trusted, text);
    const notices: string[] = [];
    const notice = (told: string): number => notices.push(told);
    expect(isTrusted(s.home, s.folder, notice)).toBe(false);
    expect(notices).toEqual([
      expect.stringMatching(
        /trusted\.json is damaged and counts as empty; it was kept as .*\.corrupt-[0-9a-f]{8}$/,
      ),
    ]);
    expect(existsSync(s.home.trusted)).toBe(false);
    expect(readdirSync(s.home.dataFolder)).toHaveLength(1);
    trust(s.home, s.folder, neverTold);
    expect(isTrusted(s.home, s.folder, neverTold)).toBe(true);
  },
);

test('a list of a newer program is neither used nor touched', () => {
  using s = scratch();
  s.write(s.home.trusted, '{"version":2}');
  expect(refusalOf(() => isTrusted(s.home, s.folder, neverTold)).code).toBe('version_mismatch');
  writeFileSync(s.home.trusted, '{"version":1,"folders":{}}');
  expect(isTrusted(s.home, s.folder, neverTold)).toBe(false);
});
