// What people get wrong, through the real command: each ends with its code, says what to do, and loses nothing.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SessionSummary, ViewItem } from '../../src/protocol/index.ts';
import { startProviderServer } from '../../src/testing/index.ts';
import { Desk, lines, type StartOptions } from './cli.ts';

const PRACTICE = ['run', '-m', 'offline/practice'];

interface Case {
  readonly what: string;
  readonly args: readonly string[];
  readonly exit: number;
  readonly says: string | RegExp;
  readonly before?: (desk: Desk) => void;
  readonly options?: StartOptions;
}

function configure(desk: Desk, content: string): void {
  mkdirSync(desk.home, { recursive: true, mode: 0o700 });
  writeFileSync(join(desk.home, 'config.jsonc'), content, { mode: 0o600 });
}

/** Nothing of these may leave a trace in the home. */
const REFUSED: readonly Case[] = [
  { what: 'no model at all', args: ['run', 'hello'], exit: 2, says: /model_unavailable.*ANTHROPIC_API_KEY/ },
  {
    what: 'an unknown model',
    args: ['run', '-m', 'nowhere/big', 'hello'],
    exit: 2,
    says: /model_unavailable.*nowhere/,
  },
  {
    what: 'a model that is no model',
    args: ['run', '-m', 'big', 'hello'],
    exit: 2,
    says: /model_unavailable.*PROVIDER\/MODEL/,
  },
  {
    what: 'a missing key',
    args: ['run', '-m', 'openai/gpt-5.4', 'hello'],
    exit: 2,
    says: /model_unavailable.*OPENAI_API_KEY/,
  },
  { what: 'an empty prompt', args: [...PRACTICE, ' '], exit: 2, says: /invalid_params.*empty/ },
  { what: 'no prompt', args: PRACTICE, exit: 2, says: /invalid_params.*empty/ },
  {
    what: 'a prompt over 10 MB',
    args: PRACTICE,
    options: { input: 'x'.repeat(10 * 1024 * 1024 + 1) },
    exit: 2,
    says: /invalid_params.*10485760 bytes/,
  },
  {
    what: 'piped bytes that are no text',
    args: PRACTICE,
    options: { input: Uint8Array.of(0xff, 0xfe, 0x00) },
    exit: 2,
    says: 'UTF-8',
  },
  {
    what: 'an illegal name',
    args: [...PRACTICE, '-s', 'my desk', 'say hi'],
    exit: 2,
    says: /invalid_params.*my desk/,
  },
  {
    what: 'a name of digits',
    args: [...PRACTICE, '-s', '123', 'say hi'],
    exit: 2,
    says: /invalid_params.*digits/,
  },
  { what: '-s and -c together', args: [...PRACTICE, '-s', 'a', '-c', 'say hi'], exit: 2, says: '-s and -c' },
  {
    what: 'an unknown profile',
    args: [...PRACTICE, '--profile', 'nobody', 'say hi'],
    exit: 1,
    says: /not_found.*nobody.*default/,
  },
  {
    what: 'an unknown mode',
    args: [...PRACTICE, '--mode', 'loud', 'say hi'],
    exit: 2,
    says: /invalid_params.*loud.*read/,
  },
  {
    what: 'steps out of range',
    args: [...PRACTICE, '--max-steps', '0', 'say hi'],
    exit: 2,
    says: /invalid_params.*--max-steps.*1 to 1000/,
  },
  {
    what: 'a time that is none',
    args: [...PRACTICE, '--timeout', '5 parsecs', 'say hi'],
    exit: 2,
    says: /invalid_params.*5 parsecs/,
  },
  {
    what: 'a folder that is not there',
    args: [...PRACTICE, '--cwd', 'gone', 'say hi'],
    exit: 2,
    says: /invalid_params.*gone/,
  },
  { what: '--detach', args: [...PRACTICE, '--detach', 'say hi'], exit: 2, says: 'daemon' },
  { what: '--budget', args: [...PRACTICE, '--budget', 'lots', 'say hi'], exit: 2, says: 'number from 0' },
  {
    what: '--budget with a model that no catalogue knows',
    args: ['run', '-m', 'local/mystery', '--budget', '1', 'say hi'],
    before: (desk) =>
      configure(
        desk,
        '{ "providers": { "local": { "kind": "openai-compatible", "baseUrl": "http://127.0.0.1:9/v1" } } }',
      ),
    exit: 2,
    says: /invalid_params.*price of local\/mystery is unknown/,
  },
  {
    what: 'a limit to raise that is none',
    args: ['continue', 'a', '--raise', 'session.time=5'],
    exit: 2,
    says: /invalid_params.*session\.time=5.*wallMs/,
  },
  { what: 'an unknown command', args: ['lits'], exit: 2, says: /invalid_params.*list/ },
  { what: 'an unknown option', args: ['list', '--al'], exit: 2, says: /invalid_params.*--al/ },
  { what: 'no terminal for the prompt', args: [], exit: 2, says: 'carrel run' },
  { what: 'an unknown session', args: ['show', 'nobody'], exit: 1, says: /not_found.*nobody/ },
  {
    what: 'a relative home',
    args: ['list'],
    options: { env: { CARREL_HOME: 'here' } },
    exit: 2,
    says: /invalid_params.*CARREL_HOME.*here/,
  },
  {
    what: 'a malformed configuration',
    args: [...PRACTICE, 'say hi'],
    before: (desk) => configure(desk, '{\n  "model": "local/x",\n  "limits": {{\n}\n'),
    exit: 2,
    says: /invalid_params: .*config\.jsonc:3:\d+/,
  },
  {
    what: 'a setting out of range',
    args: [...PRACTICE, 'say hi'],
    before: (desk) => configure(desk, '{\n  "limits": { "maxSteps": 5000 }\n}\n'),
    exit: 2,
    says: /config\.jsonc:2:\d+.*maxSteps.*5000.*1000/,
  },
];

describe('refused before anything is written', () => {
  it.each(REFUSED)('$what', async ({ args, exit, says, before, options }) => {
    using desk = new Desk();
    before?.(desk);
    const { code, stdout, stderr } = await desk.run(args, options);
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
    expect(stderr).toMatch(says);
    expect(existsSync(join(desk.home, 'carrel.db'))).toBe(false);
  });
});

describe('refused, and nothing is lost', () => {
  it('a name that is taken, in this folder or in another', async () => {
    using desk = new Desk();
    const other = desk.path('other');
    expect((await desk.run([...PRACTICE, '-s', 'desk', 'say here'])).code).toBe(0);
    expect((await desk.run([...PRACTICE, '-s', 'desk', 'say there'], { cwd: other })).code).toBe(0);
    expect((await desk.run([...PRACTICE, '-s', 'table', 'say here'])).code).toBe(0);
    expect((await desk.run(['rename', 'table', 'desk'])).stderr).toContain('already_exists');
    const third = await desk.run(['show', 'desk', '--json'], { cwd: desk.path('third') });
    expect(JSON.parse(third.stderr)).toMatchObject({
      error: { code: 'conflict', data: { address: 'desk' } },
    });
    const { sessions } = await desk.json<{ sessions: SessionSummary[] }>(['list', '--all']);
    expect(sessions.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'desk',
      'desk',
      'table',
    ]);
  });

  it('a profile that names a missing tool', async () => {
    using desk = new Desk();
    configure(desk, '{ "profiles": { "odd": { "tools": ["read", "teleport"] } } }');
    const { code, stderr } = await desk.run([...PRACTICE, '--profile', 'odd', 'say hi']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/invalid_params.*odd.*teleport/);
    expect(await desk.json(['list', '--all'])).toMatchObject({ sessions: [] });
  });

  it('a server that cannot be reached, and one that answers later', async () => {
    using desk = new Desk();
    const server = await startProviderServer();
    const url = server.baseUrl('openai-compatible');
    await server.close();
    configure(
      desk,
      JSON.stringify({ model: 'local/x', providers: { local: { kind: 'openai-compatible', baseUrl: url } } }),
    );
    const { code, stderr } = await desk.run(['run', '-s', 'desk', 'hello']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/provider_failed|failed:/);
    expect(await desk.json(['show', 'desk'])).toMatchObject({
      session: { lastOutcome: 'failed', status: 'idle' },
    });
    expect((await desk.run(['run', '-s', 'desk', '-m', 'offline/practice', 'say hi'])).code).toBe(0);
  });

  it('a home that cannot be written: what is there can be read', async () => {
    using desk = new Desk();
    await desk.run([...PRACTICE, '-s', 'desk', 'say hi']);
    writeFileSync(join(desk.home, 'file'), '');
    const nested = await desk.run([...PRACTICE, 'say hi'], { env: { CARREL_HOME: join(desk.home, 'file') } });
    expect(nested.code).not.toBe(0);
    expect(nested.stderr).toMatch(/invalid_params|store_unavailable/);
    if (process.getuid?.() === 0) return; // modes bind nobody who is root
    chmodSync(desk.home, 0o500);
    const { code, stderr } = await desk.run([...PRACTICE, '-s', 'desk', 'say more']);
    const shown = await desk.run(['show', 'desk']);
    chmodSync(desk.home, 0o700);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('store_unavailable') as string,
    });
    expect(shown.stdout).toContain('say hi');
  });
});

describe('what tools meet', () => {
  it('a huge file, a command that prints a gigabyte, and a binary file', async () => {
    using desk = new Desk();
    desk.write('data.bin', Uint8Array.of(0, 1, 2, 0xff));
    desk.write('huge.txt', 'all work and no play\n'.repeat(2_000_000));
    const prompt = ['read huge.txt', 'run head -c 1000000000 /dev/zero', 'read data.bin'].join('\n');
    const { code, stdout } = await desk.run([...PRACTICE, '--mode', 'full', '--json', prompt]);
    expect(code).toBe(0);
    const ends = lines<ViewItem>(stdout).filter((item) => item.type === 'tool.finished');
    expect(ends.map(({ data }) => data.status)).toEqual(['ok', 'ok', 'error']);
    for (const { data } of ends) expect(data.output.text.length).toBeLessThan(20_000);
    expect(ends[2]?.data.output.text).toMatch(/data\.bin.*binary/);
  });

  it('arguments that are not JSON', async () => {
    using desk = new Desk();
    await using server = await startProviderServer();
    server.script([[{ call: { tool: 'read', args: '{"path": ' } }], [{ text: 'I see.' }]]);
    const provider = {
      kind: 'openai-compatible',
      baseUrl: server.baseUrl('openai-compatible'),
      apiKey: server.apiKey,
    };
    configure(desk, JSON.stringify({ model: 'local/x', providers: { local: provider } }));
    const { code, stdout } = await desk.run(['run', '--json', 'read it']);
    expect(code).toBe(0);
    const end = lines<ViewItem>(stdout).find((item) => item.type === 'tool.finished');
    expect(end).toMatchObject({ data: { status: 'error', error: { code: 'invalid_params' } } });
  });
});
