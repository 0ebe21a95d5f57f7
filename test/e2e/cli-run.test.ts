import { describe, expect, it } from 'vitest';
import type { SessionEvent, SessionSummary, ViewItem } from '../../src/protocol/index.ts';
import { startProviderServer, type ProviderServer, type WireKind } from '../../src/testing/index.ts';
import { Desk, lines, saying, WAYS } from './cli.ts';

const PRACTICE = ['-m', 'offline/practice'];

interface Listed {
  readonly sessions: readonly SessionSummary[];
  readonly hidden: number;
}

/** Configures the server's wire format as provider `local` with the model `test-model`. */
async function configure(desk: Desk, server: ProviderServer, kind: WireKind): Promise<void> {
  desk.env['TEST_KEY'] = server.apiKey;
  const options = [
    '--provider',
    'local',
    '--kind',
    kind,
    '--base-url',
    server.baseUrl(kind),
    '--api-key-env',
    'TEST_KEY',
    '--model',
    'test-model',
  ];
  expect((await desk.run(['setup', ...options])).code).toBe(0);
}

describe.each(WAYS)('the main commands, daemon: %s', (way) => {
  it('answers on stdout, goes on by name, by -c and with piped text, and everything can be read again', async () => {
    using desk = new Desk(way);
    const first = await desk.run([
      'run',
      ...PRACTICE,
      '-s',
      'desk',
      '--title',
      'A test',
      '--tag',
      'kind=test',
      'say one',
    ]);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('one\n') as string });
    expect(first.stderr).toContain('new session desk');
    const second = await desk.run(['run', '-s', 'desk'], { input: 'say two' });
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('two\n') as string });
    const third = await desk.run(['run', '-c', 'review this'], { input: 'say three' });
    expect(third).toMatchObject({ code: 0, stdout: expect.stringContaining('three\n') as string });

    const { sessions, hidden } = await desk.json<Listed>(['list']);
    expect(sessions).toMatchObject([
      { name: 'desk', title: 'A test', turns: 3, status: 'idle', tags: { kind: 'test' } },
    ]);
    expect(hidden).toBe(0);
    expect(await desk.json<Listed>(['list'], { cwd: desk.path('other') })).toMatchObject({
      sessions: [],
      hidden: 1,
    });
    const show = await desk.run(['show', 'desk']);
    expect(show.stdout).toMatch(/say one[^]*three/);
    const markdown = await desk.run(['export', 'desk']);
    expect(markdown.stdout).toContain('# A test');
    const events = lines<SessionEvent>(
      (await desk.run(['events', sessions[0]?.session ?? '', '--json'])).stdout,
    );
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1));
    expect((await desk.run(['wait', 'desk'])).code).toBe(0);
  });

  it('records an approval that nobody can give, and goes on when it is given', async () => {
    using desk = new Desk(way);
    const asked = await desk.run(['run', ...PRACTICE, '-s', 'desk', 'write a.txt: hello']);
    expect(asked.code).toBe(4);
    expect(asked.stderr).toContain('carrel approve desk');
    expect(await desk.json<unknown[]>(['inbox'])).toMatchObject([{ name: 'desk', tool: 'write' }]);
    expect((await desk.run(['wait', 'desk'])).code).toBe(4);
    expect((await desk.run(['approve', 'desk'])).code).toBe(0);
    expect(desk.read('a.txt')).toBe('hello');
    expect((await desk.run(['approve', 'desk'])).stderr).toContain('conflict');

    expect((await desk.run(['run', '-s', 'desk', 'write b.txt: hello'])).code).toBe(4);
    const denied = await desk.run(['deny', 'desk', '--reason', 'not this one', '--json']);
    expect(denied.code).toBe(0);
    expect(denied.stdout).toContain('not this one');
    expect(await desk.json<unknown[]>(['inbox'])).toEqual([]);
  });

  it('changes, archives and deletes', async () => {
    using desk = new Desk(way);
    await desk.run(['run', ...PRACTICE, '-s', 'desk', 'say hi']);
    expect((await desk.run(['rename', 'desk', 'table', '--title', 'Another'])).code).toBe(0);
    expect((await desk.run(['send', 'table', 'say more'])).code).toBe(0);
    expect((await desk.run(['send', 'table', '--note', 'be brief'])).code).toBe(0);
    expect((await desk.run(['archive', 'table'])).code).toBe(0);
    expect(await desk.json<Listed>(['list'])).toMatchObject({ sessions: [], hidden: 1 });
    expect((await desk.run(['send', 'table', 'say no'])).stderr).toContain('conflict');
    expect((await desk.run(['restore', 'table'])).code).toBe(0);
    expect((await desk.run(['delete', 'table'])).code).toBe(2);
    expect((await desk.run(['delete', 'table', '--yes'])).code).toBe(0);
    expect((await desk.run(['show', 'table'])).stderr).toContain('not_found');
  });
});

describe('carrel run', () => {
  it.each<WireKind>(['openai', 'openai-compatible', 'anthropic', 'google'])(
    'prints events and frames, and nothing else, for a model that speaks %s',
    async (kind) => {
      using desk = new Desk();
      desk.write('notes.txt', 'remember the milk');
      await using server = await startProviderServer();
      server.script([
        [{ reasoning: 'Let me see.' }, { call: { tool: 'read', args: { path: 'notes.txt' } } }],
        [{ text: 'It says: milk.', pieces: 3 }, { usage: { input: 20, output: 5 } }],
      ]);
      await configure(desk, server, kind);
      const { code, stdout } = await desk.run(['run', '--json', 'what does it say?']);
      expect(code).toBe(0);
      const items = lines<ViewItem>(stdout);
      const answer = items.findLast((item) => item.type === 'text.ended');
      expect(answer).toMatchObject({ data: { text: 'It says: milk.' } });
      expect(items.find((item) => item.type === 'tool.finished')).toMatchObject({ data: { status: 'ok' } });
      expect(items.at(-1)).toMatchObject({ type: 'turn.finished', data: { outcome: 'completed' } });
      expect(server.refusals).toEqual([]);
    },
  );
});

describe('beside a process that holds the home', () => {
  it('reads and follows, but changes nothing; Ctrl-C there cancels the turn', async () => {
    using desk = new Desk();
    await using server = await startProviderServer();
    server.script([{ text: 'a long story begins' }, { silence: true }]);
    await configure(desk, server, 'openai-compatible');
    const running = desk.start(['run', '-s', 'desk', '--json', 'tell']);
    await saying(running.child.stdout, '"type":"delta"');
    const following = desk.start(['follow', 'desk', '--json']);
    await saying(following.child.stdout, 'a long story begins');
    following.child.kill('SIGINT');
    expect((await following.ended).code).toBe(0);
    expect((await desk.json<Listed>(['list'])).sessions).toMatchObject([{ status: 'running' }]);
    const refused = await desk.run(['cancel', 'desk', '--json']);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stderr)).toMatchObject({
      error: { code: 'home_in_use', data: { pid: running.child.pid } },
    });
    running.child.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect(code).toBe(130);
    expect(lines<ViewItem>(stdout).at(-1)).toMatchObject({
      type: 'turn.finished',
      data: { outcome: 'cancelled' },
    });
    expect((await desk.run(['wait', 'desk'])).code).toBe(130);
  });

  it('goes on after kill -9 with the text that was there', async () => {
    using desk = new Desk();
    await using server = await startProviderServer();
    server.script((_request, n) =>
      n === 1 ? [{ text: 'half a ' }, { silence: true }] : [{ text: 'whole answer' }],
    );
    await configure(desk, server, 'openai-compatible');
    const running = desk.start(['run', '-s', 'desk', 'tell']);
    await saying(running.child.stderr, 'new session');
    const following = desk.start(['follow', 'desk', '--from-start', '--json']);
    await saying(following.child.stdout, 'half a');
    following.child.kill('SIGTERM');
    expect((await following.ended).code).toBe('SIGTERM');
    running.child.kill('SIGKILL');
    expect((await running.ended).code).toBe('SIGKILL');
    const { code, stdout } = await desk.run(['continue', 'desk']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('whole answer\n') as string,
    });
    const ended = lines<SessionEvent>(
      (await desk.run(['events', 'desk', '--json', '--type', 'text.ended'])).stdout,
    );
    expect(ended).toMatchObject([
      { data: { text: 'half a ', interrupted: true } },
      { data: { text: 'whole answer' } },
    ]);
  });

  it('cancels the turn of a session that nobody runs any more', async () => {
    using desk = new Desk();
    await desk.run(['run', ...PRACTICE, '-s', 'desk', 'write a.txt: hello']);
    const cancelled = await desk.json<SessionSummary>(['cancel', 'desk']);
    expect(cancelled).toMatchObject({ status: 'idle', lastOutcome: 'cancelled', waiting: 0 });
  });

  it('ends quietly when its reader leaves', async () => {
    using desk = new Desk();
    const running = desk.start(['run', ...PRACTICE, '--json', 'tell 5000 words']);
    await saying(running.child.stdout, '"type":"delta"');
    running.child.stdout?.destroy();
    const { code, stderr } = await running.ended;
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|internal/);
  });
});
