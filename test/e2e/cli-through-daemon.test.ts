// What only a daemon makes possible: several terminals at one home, work that outlives its terminal, folders with their own settings.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SessionEvent, SessionSummary, ViewItem } from '../../src/protocol/index.ts';
import { startProviderServer } from '../../src/testing/index.ts';
import { Desk, lines, saying } from './cli.ts';
import { configure } from './wire.ts';

const PRACTICE = ['-m', 'offline/practice'];

interface Listed {
  readonly sessions: readonly SessionSummary[];
}

it('several terminals work in one home at once, and what is left goes on', async () => {
  using desk = new Desk('start');
  await using server = await startProviderServer();
  server.script((request) =>
    JSON.stringify(request.body).includes('wait here')
      ? [{ text: 'a long story begins' }, { silence: true }]
      : [{ text: 'answered' }],
  );
  configure(desk, server);
  const long = desk.start(['run', '-s', 'long', '--json', 'wait here']);
  await saying(long.child.stdout, '"type":"delta"');
  const followed = desk.start(['follow', 'long', '--from-start', '--json']);
  const [asked, detached] = await Promise.all([
    desk.run(['run', ...PRACTICE, '-s', 'asks', 'write a.txt: hello']),
    desk.run(['run', '-s', 'left', '--detach', 'hi']),
    saying(followed.child.stdout, 'a long story begins'),
    desk.run(['send', 'long', '--detach', 'and then?']),
  ]);
  expect([asked.code, detached.code, detached.stdout]).toEqual([4, 0, 'left\n']);
  const [approved, waited, withdrawn, slots] = await Promise.all([
    desk.run(['approve', 'asks']),
    desk.run(['wait', 'left']),
    desk.json<{ withdrawn: string[] }>(['withdraw', 'long']),
    desk.json<{ slots: { level: string; inUse: number }[] }>(['inspect', 'slots']),
  ]);
  expect([approved.code, waited.code, withdrawn.withdrawn.length]).toEqual([0, 0, 1]);
  expect(slots.slots[0]?.inUse).toBeGreaterThan(0);
  expect((await desk.run(['withdraw', 'long'])).stderr).toContain('conflict');
  expect(await desk.json<SessionSummary>(['cancel', 'long'])).toMatchObject({ lastOutcome: 'cancelled' });
  expect((await long.ended).code).toBe(130);
  followed.child.kill('SIGINT');
  expect((await followed.ended).code).toBe(0);
  const reset = await desk.run(['models', '--reset', 'local']);
  expect([reset.code, reset.stderr]).toEqual([0, expect.stringContaining('asked again') as string]);
}, 120_000);

it('a folder has the settings of its project as far as it is trusted, and keys are never swapped', async () => {
  using desk = new Desk('start');
  await using server = await startProviderServer();
  server.script(() => [{ text: 'from the project' }]);
  const baseUrl = server.baseUrl('openai-compatible');
  mkdirSync(join(desk.folder, '.carrel'));
  const theirs = { kind: 'openai-compatible', baseUrl, apiKeyEnv: 'THEIR_KEY' };
  const project = { model: 'theirs/m', providers: { theirs } };
  writeFileSync(join(desk.folder, '.carrel', 'config.jsonc'), JSON.stringify(project));
  const key = { env: { THEIR_KEY: server.apiKey } };

  expect((await desk.run(['run', ...PRACTICE, 'say hi'])).stderr).toContain(
    'is not trusted; ignored: providers',
  );
  expect((await desk.run(['run', 'hello'], key)).stderr).toContain('model_unavailable');
  expect((await desk.run(['trust'])).code).toBe(0);
  const lacking = await desk.run(['run', 'hello'], key);
  expect([lacking.code, lacking.stderr]).toEqual([2, expect.stringMatching(/THEIR_KEY.*restart/) as string]);
  expect(server.requests).toHaveLength(0);
  expect((await desk.run(['daemon', 'restart'], key)).code).toBe(0);
  const other = await desk.run(['run', 'hello'], { env: { THEIR_KEY: 'sk-other' } });
  expect([other.code, other.stderr]).toEqual([1, expect.stringMatching(/conflict.*THEIR_KEY/) as string]);
  expect((await desk.run(['run', 'hello'])).stdout).toBe('from the project\n');
}, 120_000);

it('reads start nothing, --no-start neither; another version is refused until it is restarted', async () => {
  using desk = new Desk('start');
  const { code, stderr } = await desk.run(['run', ...PRACTICE, '--no-start', '-s', 'desk', 'say hi']);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/host_unavailable.*daemon start/) as string]);
  expect((await desk.json<Listed>(['list'])).sessions).toEqual([]);
  expect((await desk.run(['daemon', 'status'])).code).toBe(1);
  expect((await desk.run(['run', ...PRACTICE, '-s', 'desk', 'say hi'])).code).toBe(0);
  const file = join(desk.home, 'daemon.json');
  const daemon = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; url: string };
  writeFileSync(file, JSON.stringify({ ...daemon, version: '0.0.1' }));
  const old = await desk.run(['send', 'desk', 'say more']);
  expect([old.code, old.stderr]).toEqual([1, expect.stringMatching(/version_mismatch.*0\.0\.1/) as string]);
  expect((await desk.run(['show', 'desk'])).code).toBe(0);
  const again = await desk.json<typeof daemon>(['daemon', 'restart']);
  expect(again.pid).not.toBe(daemon.pid);
  expect(again.url).toBe(daemon.url);
  expect((await desk.run(['send', 'desk', '--no-start', 'say more'])).code).toBe(0);
  expect((await desk.run(['daemon', 'logs', '-n', '99'])).stdout).toContain('serving at');
}, 120_000);

it('is followed without a gap while no daemon runs, one starts, is killed, and another takes its place', async () => {
  using desk = new Desk('start');
  expect((await desk.run(['run', ...PRACTICE, '--local', '-s', 'desk', 'say one'])).code).toBe(0);
  expect((await desk.json<Listed>(['list'])).sessions[0]).not.toHaveProperty('residency');
  const follows = [
    ['follow', 'desk'],
    ['follow', 'desk', '--children'],
  ].map((args) => desk.start([...args, '--from-start', '--json']));
  const all = (wanted: string): Promise<unknown> =>
    Promise.all(follows.map(({ child }) => saying(child.stdout, wanted)));
  const [one, two, three] = [all('"text":"one'), all('"text":"two'), all('"text":"three')];
  await one;
  expect((await desk.run(['send', 'desk', 'say two'])).code).toBe(0);
  await two;
  const listed = await desk.json<{ sessions: { residency: string }[] }>(['list']);
  expect(listed.sessions[0]?.residency).toBe('live');
  expect((await desk.run(['list'])).stdout).toMatch(/RESIDENCY[^]* live /);
  process.kill((await desk.json<{ pid: number }>(['daemon', 'status'])).pid, 'SIGKILL');
  expect((await desk.run(['send', 'desk', 'say three'])).code).toBe(0);
  await three;
  for (const { child, ended } of follows) {
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    const events = lines<ViewItem>(stdout).filter((item): item is SessionEvent => item.type !== 'delta');
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter(({ type }) => type === 'turn.finished')).toHaveLength(3);
  }
}, 180_000);
