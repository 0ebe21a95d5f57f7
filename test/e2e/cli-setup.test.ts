import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startProviderServer } from '../../src/testing/index.ts';
import { Desk } from './cli.ts';

interface Doctor {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean }[];
}

describe('a model of one’s own', () => {
  it('is set up, found by doctor, missed when it is gone, and explained', async () => {
    using desk = new Desk();
    await using server = await startProviderServer();
    desk.env['TEST_KEY'] = server.apiKey;
    expect((await desk.run(['doctor'])).code).toBe(1);
    expect(existsSync(desk.home)).toBe(false);
    const url = server.baseUrl('openai-compatible');
    const set = await desk.run([
      'setup',
      '--provider',
      'local',
      '--base-url',
      url,
      '--api-key-env',
      'TEST_KEY',
      '--model',
      'test-model',
    ]);
    expect(set.code).toBe(0);
    expect(await desk.json<Doctor>(['doctor'])).toMatchObject({ ok: true });
    expect((await desk.run(['models', '--check'])).stdout).toMatch(
      /local\/test-model[^]*✓ local: it answers; it serves test-model/,
    );
    const wrong = await desk.json<Doctor>(['doctor'], { env: { TEST_KEY: 'other' } });
    expect(wrong.checks.filter((check) => !check.ok)).toMatchObject([
      { name: 'provider local', remedy: expect.stringContaining('key') as string },
    ]);
    await server.close();
    expect((await desk.run(['models', '--check'])).code).toBe(1);
    expect((await desk.run(['config', 'explain', 'model'])).stdout).toMatch(
      /^model = "local\/test-model" +\(.*config\.jsonc:\d+:\d+\)\n$/,
    );
    expect((await desk.run(['config', 'set', 'limits.maxSteps', '0'])).stderr).toMatch(
      /invalid_params.*1 to 1000/,
    );
    expect((await desk.run(['config', 'get', 'limits.maxSteps'])).stdout).toBe('50\n');
  });

  it('keeps keys to itself', async () => {
    using desk = new Desk();
    await desk.run(['setup', '--provider', 'local', '--base-url', 'http://127.0.0.1:1/v1', '--model', 'x']);
    await desk.run(['config', 'set', 'providers.local.apiKey', 'sk-very-secret']);
    const said = await Promise.all([
      desk.run(['config', 'get']),
      desk.run(['config', 'explain']),
      desk.run(['models', '--json']),
    ]);
    for (const { stdout, stderr } of said) expect(stdout + stderr).not.toContain('sk-very-secret');
  });
});

describe('a folder that brings its own configuration', () => {
  it('is not believed until it is trusted', async () => {
    using desk = new Desk();
    mkdirSync(join(desk.folder, '.carrel'));
    desk.write('.carrel/config.jsonc', '{ "permissions": { "allow": [{ "tool": "write" }] } }');
    const args = ['run', '-m', 'offline/practice', 'write a.txt: hello'];
    const before = await desk.run(args);
    expect(before.code).toBe(4);
    expect(before.stderr).toMatch(/not trusted.*carrel trust/);
    expect((await desk.run(['trust'])).code).toBe(0);
    expect((await desk.run(args)).code).toBe(0);
    expect(desk.read('a.txt')).toBe('hello');
    expect((await desk.run(['trust', '--list'])).stdout).toContain(desk.folder);
    expect((await desk.run(['trust', '--remove'])).code).toBe(0);
    expect((await desk.run(args)).code).toBe(4);
  });
});
