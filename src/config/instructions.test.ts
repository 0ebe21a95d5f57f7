import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { homeAt, trust, type Home } from './index.ts';
import { openInstructions } from './instructions.ts';

const LIMIT = 64 * 1024;
let root: string;
let home: Home;
let notices: string[];

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'carrel-instructions-')));
  home = homeAt(join(root, 'home'));
  notices = [];
  write('home/AGENTS.md', 'mine');
  write('project/AGENTS.md', 'of the project');
  write('project/.git/HEAD', 'ref');
  write('project/CLAUDE.md', 'for claude');
  write('project/api/AGENTS.md', 'of the api');
  write('project/api/CLAUDE.local.md', 'local');
  write('AGENTS.md', 'above the project');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const trusted = (path: string): void => trust(home, join(root, path), () => undefined);

function found(path = 'project/api', limit = LIMIT): string[] {
  const read = openInstructions(home, (text) => notices.push(text));
  return read(join(root, path), limit).map(
    ({ from, text, cut }) => `${from.slice(root.length + 1)}: ${text}${cut === true ? ' …' : ''}`,
  );
}

it("are the user's, then the project's from its root down, and nothing above it", () => {
  trusted('project');
  expect(found()).toEqual([
    'home/AGENTS.md: mine',
    'project/AGENTS.md: of the project',
    'project/CLAUDE.md: for claude',
    'project/api/AGENTS.md: of the api',
    'project/api/CLAUDE.local.md: local',
  ]);
  expect(notices).toEqual([]);
});

it('of a project that nobody trusted are left out, and each is named once', () => {
  const read = openInstructions(home, (text) => notices.push(text));
  for (let turn = 0; turn < 2; turn++)
    expect(read(join(root, 'project/api'), LIMIT).map(({ text }) => text)).toEqual(['mine']);
  expect(notices.length).toBe(4);
  expect(notices[0]).toMatch(/project.AGENTS\.md is not used: nobody trusted its folder.*carrel trust/);
});

it('above the folder that was trusted do not count', () => {
  trusted('project/api');
  expect(found()).toEqual([
    'home/AGENTS.md: mine',
    'project/api/AGENTS.md: of the api',
    'project/api/CLAUDE.local.md: local',
  ]);
  expect(notices.length).toBe(2);
});

it('of a folder without a project are those of the folder alone', () => {
  write('alone/AGENTS.md', 'alone');
  trusted('alone');
  expect(found('alone')).toEqual(['home/AGENTS.md: mine', 'alone/AGENTS.md: alone']);
});

it('are read anew each time, and one that is gone is gone', () => {
  trusted('project');
  write('project/AGENTS.md', 'changed');
  rmSync(join(root, 'project/CLAUDE.md'));
  expect(found('project')).toEqual(['home/AGENTS.md: mine', 'project/AGENTS.md: changed']);
});

it('that lead out of the project are not followed', () => {
  write('secret.txt', 'secret');
  rmSync(join(root, 'project/AGENTS.md'));
  symlinkSync(join(root, 'secret.txt'), join(root, 'project/AGENTS.md'));
  trusted('project');
  expect(found('project').join()).not.toContain('secret');
  expect(notices.join()).toMatch(/leads out of/);
});

it('that are the same twice, as with a link, stand once; and an import is only text', () => {
  rmSync(join(root, 'project/CLAUDE.md'));
  symlinkSync('AGENTS.md', join(root, 'project/CLAUDE.md'));
  write('project/AGENTS.md', '@../secret.txt');
  trusted('project');
  expect(found('project')).toEqual(['home/AGENTS.md: mine', 'project/AGENTS.md: @../secret.txt']);
});

it('have a bound, and the nearest come first', () => {
  trusted('project');
  write('project/AGENTS.md', 'é'.repeat(3_000));
  const texts = found('project/api', 2_000);
  expect(texts.at(-1)).toBe('project/api/CLAUDE.local.md: local');
  expect(texts[0]).toMatch(/^project.AGENTS\.md: é+ …$/);
  expect(Buffer.byteLength(texts.join(''))).toBeLessThan(2_200);
});

it('that cannot be read are left out and named: a folder, and one too large', () => {
  rmSync(join(root, 'project/AGENTS.md'));
  mkdirSync(join(root, 'project/AGENTS.md'));
  write('project/CLAUDE.md', new Uint8Array(2 * 1024 * 1024));
  trusted('project');
  expect(found('project')).toEqual(['home/AGENTS.md: mine']);
  expect(notices.length).toBe(2);
});
