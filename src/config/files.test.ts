import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { MAX_FILE_BYTES, readSmallFile, replaceFile } from './files.ts';
import { refusalOf, scratch } from './fixtures.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test('what is not there reads as undefined', () => {
  using s = scratch();
  expect(readSmallFile(join(s.folder, 'none'))).toBeUndefined();
});

const UNFIT: readonly [string, (path: string) => void, string][] = [
  ['a folder', (path) => mkdirSync(path), 'it is a folder, not a file'],
  ['a pipe nobody writes to', (path) => execFileSync('mkfifo', [path]), 'it is not an ordinary file'],
  ['a link to a device', (path) => symlinkSync('/dev/zero', path), 'it is not an ordinary file'],
  ['a link to itself', (path) => symlinkSync(path, path), 'too many symbolic links'],
  ['a file below a file', (path) => replaceFile(dirname(path), ''), 'a part of the path is not a folder'],
  [
    'a huge file',
    (path) => replaceFile(path, 'x'.repeat(MAX_FILE_BYTES + 1)),
    `at most ${MAX_FILE_BYTES} are read`,
  ],
];

test.each(UNFIT)('is not read: %s', (_name, make, reason) => {
  using s = scratch();
  const path = join(s.folder, 'sub', 'file');
  if (_name !== 'a file below a file') mkdirSync(dirname(path));
  make(path);
  const refusal = refusalOf(() => readSmallFile(path));
  expect(refusal.code).toBe('invalid_params');
  expect(refusal.message).toContain(reason);
});

test('a file at the bound is read whole', () => {
  using s = scratch();
  const path = join(s.folder, 'file');
  replaceFile(path, 'x'.repeat(MAX_FILE_BYTES));
  expect(readSmallFile(path)?.bytes.length).toBe(MAX_FILE_BYTES);
});

test('a file is replaced whole, for its owner only, and nothing is left beside it', () => {
  using s = scratch();
  const path = join(s.folder, 'new', 'deep', 'file');
  replaceFile(path, 'one');
  chmodSync(path, 0o644);
  replaceFile(path, 'two');
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect([modeOf(path), modeOf(dirname(path))]).toEqual([0o600, 0o700]);
  expect(readdirSync(dirname(path))).toEqual(['file']);
});

test('a link is not written through', () => {
  using s = scratch();
  const [target, link] = [join(s.folder, 'target'), join(s.folder, 'link')];
  replaceFile(target, 'mine');
  symlinkSync(target, link);
  expect(refusalOf(() => replaceFile(link, 'theirs')).code).toBe('forbidden');
  expect(readFileSync(target, 'utf8')).toBe('mine');
});

test('what cannot be written says why and leaves nothing behind', () => {
  using s = scratch();
  const file = join(s.folder, 'file');
  replaceFile(file, '');
  const refusal = refusalOf(() => replaceFile(join(file, 'below'), 'x'));
  expect(refusal.code).toBe('store_unavailable');
  expect(refusal.message).toContain('a part of the path is not a folder');
  expect(readdirSync(s.folder)).toEqual(['file']);
  expect(existsSync(join(file, 'below'))).toBe(false);
});
