// Real processes, real signals. What a test looks for carries a number of its own in its command line.
import { randomInt } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execTool } from '../builtin/exec.ts';
import { killAll, processesWith, testContext, testFolder, until, type TestFolder } from '../fixtures.ts';
import type { ToolContext, ToolResult } from '../port.ts';
import { createSandbox } from './sandbox.ts';

/** As seconds it outlasts every test, and it stands in no other command line. */
const newTag = (): string => `${randomInt(100_000, 999_999)}.${randomInt(1e9, 9e9)}`;

const exec = execTool(
  createSandbox({ environment: { PATH: '/usr/bin:/bin', HOME: '/nowhere', MY_TOKEN: 'secret' } }),
);

let folder: TestFolder;
let tag: string;
beforeEach(async () => {
  folder = await testFolder();
  tag = newTag();
});
afterEach(async () => {
  if (process.platform === 'linux') await killAll(tag);
  await folder[Symbol.asyncDispose]();
});

const run = (
  command: string,
  more: Partial<ToolContext> & { timeoutMs?: number } = {},
): Promise<ToolResult> => {
  const { timeoutMs, ...context } = more;
  return exec.run(
    { command, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
    testContext(folder.path, context),
  );
};

describe('exec', () => {
  it('gives output of both streams in order, and the exit code', async () => {
    expect(await run('echo one; echo two >&2; echo three')).toEqual({
      ok: true,
      text: 'one\ntwo\nthree\n[exit code 0]',
    });
  });

  it('makes an exit code other than 0 an error that shows the output', async () => {
    expect(await run('echo out; exit 3')).toMatchObject({
      ok: false,
      text: 'out\n[error: the command ended with exit code 3]',
      error: { code: 'tool_failed' },
    });
  });

  it.each([
    ['kill -SEGV $$', 'the command was ended by SIGSEGV'],
    ['syntax (', 'the command ended with exit code 2'],
    ['no-such-program', 'the command ended with exit code 127'],
  ])('says how %j ended', async (command, message) => {
    expect((await run(command)).text).toContain(message);
  });

  it('runs in the folder, without input, without secrets', async () => {
    expect((await run('pwd; cat; echo "[$MY_TOKEN]$HOME"')).text).toBe(
      `${folder.path}\n[]/nowhere\n[exit code 0]`,
    );
  });

  it('fails when its folder is gone', async () => {
    expect(await run('true', { folder: `${folder.path}/gone` })).toMatchObject({
      ok: false,
      error: { code: 'tool_failed' },
    });
  });

  it('keeps the first and last part of a flood, in bounded memory', async () => {
    const before = process.memoryUsage().rss;
    const result = await run('echo begin; head -c 300000000 /dev/zero; echo; echo end', {
      outputBytes: 100_000,
    });
    expect(result).toMatchObject({ ok: true, cut: true });
    expect(result.text.length).toBeLessThanOrEqual(100_000);
    expect(result.text).toMatch(/^begin\n[^]*bytes left out[^]*\nend\n\[exit code 0\]$/);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });

  it('shows progress on the way', async () => {
    const shown: string[] = [];
    const done = run('echo started; sleep 1000', {
      timeoutMs: 60_000,
      progress: (text) => shown.push(text),
      signal: stop.signal,
    });
    await until(() => shown.join('').includes('started'));
    stop.abort();
    expect(await done).toMatchObject({ ok: false, error: { code: 'cancelled' } });
  });

  let stop: AbortController;
  beforeEach(() => {
    stop = new AbortController();
  });

  it('ends at its own time limit', async () => {
    expect(await run(`sleep ${tag}`, { timeoutMs: 50 })).toMatchObject({
      ok: false,
      error: { code: 'timeout' },
    });
    expect(await processesWith(tag)).toEqual([]);
  });

  it('reports a command that ended by itself as what it was, although an abort came behind', async () => {
    const result = run('echo done', { signal: stop.signal });
    await result;
    stop.abort();
    expect(await result).toMatchObject({ ok: true });
  });

  it('gives a command time to put things in order', async () => {
    const result = run(`trap 'echo cleaning; exit 0' TERM; echo ready; while :; do sleep 0.05; done`, {
      signal: stop.signal,
      progress: () => stop.abort(),
    });
    expect(await result).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect((await result).text).toContain('cleaning');
  });
});

/** Ends when the shell it runs in gives way; a kernel that does not group by session has no such file. */
const GIVES_WAY =
  'until [ "$(nice)" = 5 ] && { [ ! -e /proc/self/autogroup ] || grep -q "nice 5" /proc/self/autogroup; }; do sleep 0.01; done';

it.runIf(process.platform === 'linux')('gives way to the host, also in a session of its own', async () => {
  const command = `${GIVES_WAY}; echo first; setsid sh -c '${GIVES_WAY}; echo second' & wait`;
  expect((await run(command)).text).toBe('first\nsecond\n[exit code 0]');
});

/** Ways to outlive a command; `$0` is the one that sleeps. */
const ESCAPES: Readonly<Record<string, string>> = {
  'in the background': 'SLEEP &',
  'in a session of its own': 'setsid SLEEP &',
  'after forking twice': '( ( SLEEP & ) & ) &',
  'after forking twice into a session of its own': '( setsid SLEEP & ) &',
  'without an environment': 'env -i setsid SLEEP &',
  'without an environment, after forking twice, with its streams closed':
    '( env -i setsid SLEEP <&- >/dev/null 2>&1 & ) &',
  'with every file closed that it does not need': 'setsid SLEEP 3>&- >/dev/null 2>&1 &',
  'ignoring TERM': 'setsid sh -c \'trap "" TERM HUP; SLEEP; SLEEP\' &',
};

describe.runIf(process.platform === 'linux')('no process outlives its call', () => {
  for (const [how, script] of Object.entries(ESCAPES)) {
    it(`that stays ${how}`, async () => {
      const result = await run(`${script.replaceAll('SLEEP', `sleep ${tag}`)}\necho over`);
      expect(result.ok).toBe(true);
      expect(result.text).toMatch(
        /^over\n\[exit code 0\]\n\[processes left running in the background were ended: \d+\]$/,
      );
      expect(await processesWith(tag)).toEqual([]);
    });

    it(`that stays ${how}, when the call is cancelled`, async () => {
      const controller = new AbortController();
      const result = run(`${script.replaceAll('SLEEP', `sleep ${tag}`)}\nsleep ${tag}`, {
        signal: controller.signal,
      });
      await until(async () => (await processesWith(tag)).length >= 2);
      controller.abort();
      expect(await result).toMatchObject({ ok: false, error: { code: 'cancelled' } });
      expect(await result).not.toHaveProperty('unconfirmed');
      expect(await processesWith(tag)).toEqual([]);
    });
  }

  it('one that threw everything away, but was seen before', async () => {
    const controller = new AbortController();
    const script = `env -i setsid sh -c 'exec 3>&-; exec sleep ${tag}' >/dev/null 2>&1 & wait`;
    const result = run(script, { signal: controller.signal });
    await until(async () => (await processesWith(`sleep ${tag}`)).length >= 1);
    controller.abort();
    await result;
    expect(await processesWith(tag)).toEqual([]);
  });

  it('of a storm of forks', async () => {
    const storm = `f() { if [ "$1" -gt 0 ]; then f $(($1 - 1)) & f $(($1 - 1)) & fi; exec setsid sleep ${tag}; }; f 5 & sleep ${tag}`;
    const controller = new AbortController();
    const result = run(storm, { signal: controller.signal });
    await until(async () => (await processesWith(tag)).length > 40);
    controller.abort();
    expect(await result).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(await processesWith(tag)).toEqual([]);
  });

  it('and none of another call dies with it', async () => {
    const other = new AbortController();
    const lasting = run(`setsid sleep ${tag}`, { signal: other.signal });
    await until(async () => (await processesWith(tag)).length > 0);
    await run('setsid sleep 1000 &');
    expect(await processesWith(tag)).not.toEqual([]);
    other.abort();
    await lasting;
    expect(await processesWith(tag)).toEqual([]);
  });
});
