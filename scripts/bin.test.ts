import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const BIN = resolve(import.meta.dirname, '../bin');
const { version } = JSON.parse(readFileSync(join(BIN, '../package.json'), 'utf8')) as { version: string };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carrel-bin-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('it finds itself through links, absolute and relative, from any folder', () => {
  const [inner, outer] = [join(folder, 'inner'), join(folder, 'with space')];
  mkdirSync(inner);
  mkdirSync(outer);
  symlinkSync(join(BIN, 'carrel'), join(inner, 'link'));
  symlinkSync(relative(outer, join(inner, 'link')), join(outer, 'carrel'));
  const { stdout } = spawnSync(join(outer, 'carrel'), ['--version'], { cwd: '/', encoding: 'utf8' });
  expect(stdout.trim()).toBe(version);
});

test('its pid is that of the program, so that a signal reaches it', async () => {
  const script = `process.stdout.write(String(process.pid)); process.exit()`;
  const child = spawn(join(BIN, 'carrel'), ['--version'], {
    env: { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` },
  });
  let seen = '';
  for await (const chunk of child.stdout) seen += String(chunk);
  expect(seen).toBe(String(child.pid));
});

test.each(['22.21.9', '20.20.2', '4.0.0'])('on Node %s it says which is needed and how to get it', (old) => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { node: '${old}' } })`;
  const { status, stderr } = spawnSync(
    process.execPath,
    [`--import=data:text/javascript,${encodeURIComponent(pretend)}`, join(BIN, 'carrel.js'), 'run'],
    { encoding: 'utf8' },
  );
  expect(status).toBe(2);
  expect(stderr).toContain(`needs Node 22.22 or newer; this is ${old}`);
  expect(stderr).toContain('nodejs.org');
});
