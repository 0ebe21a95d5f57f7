// Real processes and threads, with code that does everything code should not.
import { spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkArguments } from '../arguments.ts';
import { killAll, processesWith, testContext, testFolder, until, type TestFolder } from '../fixtures.ts';
import type { Tool, ToolContext, ToolResult } from '../port.ts';
import { workerTools, type WorkerTools, type WorkerToolsOptions } from './worker-tools.ts';

const MODULE = new URL('./tools.fixture.ts', import.meta.url);
const MEMORY_MB = 96;

let folder: TestFolder;
let opened: WorkerTools | undefined;
let faults: string[];
beforeEach(async () => {
  folder = await testFolder();
  faults = [];
});
afterEach(async () => {
  await opened?.close();
  opened = undefined;
  await folder[Symbol.asyncDispose]();
});

const open = async (options: Partial<WorkerToolsOptions> = {}): Promise<WorkerTools> => {
  opened = await workerTools({
    modules: [MODULE],
    memoryMb: MEMORY_MB,
    onFault: ({ what, session, error }) => faults.push(`${session ?? ''}: ${what}: ${String(error)}`),
    ...options,
  });
  return opened;
};
const find = (name: string): Tool => {
  const tool = opened?.tools.find((one) => one.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool;
};
const run = (name: string, args = {}, more: Partial<ToolContext> = {}): Promise<ToolResult> =>
  find(name).run(args, testContext(folder.path, more));
const hasBegun = (): Promise<void> => until(() => existsSync(join(folder.path, 'begun')));
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('tools of a module', () => {
  it('are declared by it, with the careful defaults', async () => {
    await open();
    expect(opened?.problems).toEqual([]);
    expect(find('counts')).toMatchObject({ access: 'read', idempotent: false, parallel: true });
    expect(find('counts').intent({ file: 'a {file}' })).toEqual({
      summary: 'count a {file}',
      paths: ['a {file}'],
    });
    expect(find('echo').intent({ a: [1] })).toEqual({ summary: 'echo {"a":[1]}', paths: [] });
  });

  it('get arguments, and everything of the context but what cannot leave the host', async () => {
    await open();
    const { text } = await run('echo', { a: ['ü'] }, { deny: ['*.key'], shownBytes: 7 });
    expect(JSON.parse(text)).toEqual({
      args: { a: ['ü'] },
      session: 'ses_test',
      call: 'cal_1',
      folder: folder.path,
      outputBytes: 256 * 1024,
      shownBytes: 7,
      deny: ['*.key'],
      signal: false,
    });
  });

  it.each([
    [
      'structured',
      { ok: false, text: 'no such branch', error: { code: 'not_found', message: 'no' }, retryable: false },
    ],
    ['cyclic', { ok: true, text: 'done' }],
    [
      'nothing',
      {
        ok: false,
        error: { code: 'tool_failed', message: expect.stringContaining('return a text') as string },
      },
    ],
  ])('answer with what %s returns, as far as it is a result', async (name, result) => {
    await open();
    expect(await run(name)).toMatchObject(result);
  });

  it('share a process one after the other, and get one each when they run at once', async () => {
    await open({ processes: 2 });
    const pids = [(await run('pid')).text, (await run('pid')).text];
    expect(pids[0]).toBe(pids[1]);
    expect(opened?.inspect()).toEqual({ inUse: 0, free: 2, waiting: 0, processes: 1 });
    const both = await Promise.all([run('pid'), run('pid', {}, { session: 'ses_other' })]);
    expect(new Set(both.map(({ text }) => text)).size).toBe(2);
  });

  it('show the newest progress and not all of it', async () => {
    await open();
    const shown: string[] = [];
    expect(await run('floods-progress', {}, { progress: (text) => shown.push(text) })).toMatchObject({
      ok: true,
    });
    expect(shown.length).toBeLessThan(100);
    expect(shown[0]).toBe('line 0');
  });
});

describe('a module that is not what it should be', () => {
  it('is a problem, and the tools that it has are listed, also one with a bad schema', async () => {
    const { tools, problems } = await open({
      modules: [new URL('./problems.fixture.ts', import.meta.url), '/no/such/module.mjs', MODULE, MODULE],
    });
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['good', 'bad-schema', 'echo']));
    expect(checkArguments(find('bad-schema'), '{}')).toMatchObject({
      ok: false,
      error: { code: 'tool_failed' },
    });
    const messages = problems.map(({ message }) => message);
    for (const part of [
      'export "good": there are two tools named "good"',
      'export "helper" is no tool',
      'export "number" is no tool: it is no object',
      'export "illegal" is no tool: its name must be',
      'export "silent" is no tool: its description must be',
      'export "idle" is no tool: its run must be a function',
      'export "vague" is no tool: its access must be',
      'export "endless" is no tool: it is not plain data',
      '/no/such/module.mjs cannot be used',
      'there is a tool named "echo" already',
    ])
      expect(messages).toContainEqual(expect.stringContaining(part));
  });
});

describe('what code can do to itself', () => {
  it.each([
    ['throws', 'it threw TypeError: it went wrong'],
    ['throws-outside', 'it threw Error: from a timer'],
    ['pushes', 'it used more memory than it may (96 MiB)'],
    ['objects', 'it used more memory than it may (96 MiB)'],
    ['buffers', 'it used more memory than it may (96 MiB)'],
    ['parses', 'it used more memory than it may (96 MiB)'],
    ['exits', 'it ended its thread with exit code 7'],
    ['killed', 'its process was ended by SIGKILL'],
    ['floods-port', 'it flooded its port with messages'],
    ['floods-the-port-of-its-thread', 'it flooded its port with messages'],
    ['forges-no-result', 'it returned an object without ok and text'],
  ])('%s: it ends that call, and a process takes the next', async (name, message) => {
    await open({ processes: 1 });
    expect(await run(name)).toMatchObject({ ok: false, error: { code: 'tool_failed' }, retryable: false });
    expect((await run(name)).text).toContain(message);
    expect(await run('echo')).toMatchObject({ ok: true });
    expect(faults).toEqual([]);
  });

  it('shows what it printed before it failed, and no more than the end of it', async () => {
    await open();
    expect((await run('throws')).text).toContain('on the way to the error\n[error: ');
    const { text } = await run('floods-console');
    expect(text).toContain('the last word');
    expect(text.length).toBeLessThan(10_000);
  });

  it('cuts a result where it is made', async () => {
    await open();
    const result = await run('long', {}, { outputBytes: 1000 });
    expect(result).toMatchObject({ ok: true, cut: true });
    expect(result.text.length).toBeLessThanOrEqual(1000);
  });

  it('takes from code that finds the port of its thread no more than from any other', async () => {
    await open({ processes: 1 });
    expect(await run('looks-for-port')).toMatchObject({ text: '[]' });
    const forged = await run('forges', {}, { outputBytes: 1000 });
    expect(forged).toMatchObject({ ok: true, cut: true });
    expect(forged.text.length).toBeLessThanOrEqual(1000);
    expect(forged).not.toHaveProperty('more');
    expect(await run('forges-nonsense')).toMatchObject({ ok: true, text: 'the real one' });
    expect(await run('echo')).toMatchObject({ ok: true, text: expect.stringContaining('"args"') as string });
    expect(faults).toEqual([]);
  });

  it('reports what a call left behind, as that call, and lets the next one be', async () => {
    await open({ processes: 1 });
    await run('leaves', {}, { call: 'cal_gone', session: 'ses_gone' });
    const next = new AbortController();
    const patient = run('patient', {}, { call: 'cal_next', signal: next.signal });
    await until(() => faults.length > 0);
    next.abort();
    expect(await patient).toMatchObject({ text: 'stopped', error: { code: 'cancelled' } });
    expect(faults).toEqual([
      expect.stringMatching(/^ses_gone: the call cal_gone of the tool "leaves".*too late/),
    ]);
  });
});

describe('what a call left behind that goes on for ever', () => {
  it.each(['leaves-a-block', 'leaves-a-leak'])('costs no other call anything (%s)', async (name) => {
    await open({ processes: 1 });
    expect(await run(name)).toMatchObject({ ok: true });
    expect(await run('echo')).toMatchObject({ ok: true });
    expect(opened?.inspect()).toMatchObject({ inUse: 0, processes: 1 });
  });
});

describe('code that does not stop', () => {
  it.each([
    ['cancelled', () => new AbortController()],
    ['timeout', () => new AbortController()],
  ])('is ended with its process, and the call is %s', async (code, controller) => {
    await open({ processes: 2 });
    const stop = controller();
    const blocked = run('block', {}, { signal: stop.signal });
    await hasBegun();
    expect(await run('echo', {}, { session: 'ses_other' })).toMatchObject({ ok: true });
    stop.abort(code === 'timeout' ? new DOMException('late', 'TimeoutError') : undefined);
    const result = await blocked;
    expect(result).toMatchObject({ ok: false, error: { code } });
    expect(result).not.toHaveProperty('unconfirmed');
  });

  it('leaves room for others, however many calls of one session hang', async () => {
    await open({ processes: 2 });
    const stop = new AbortController();
    const hanging = [1, 2, 3, 4].map(() => run('block', {}, { signal: stop.signal }));
    await hasBegun();
    expect(opened?.inspect()).toMatchObject({ inUse: 1, free: 1, waiting: 3 });
    for (let n = 0; n < 3; n++)
      expect(await run('echo', {}, { session: `ses_${n}` })).toMatchObject({ ok: true });
    stop.abort();
    for (const result of await Promise.all(hanging))
      expect(result).toMatchObject({ error: { code: 'cancelled' } });
    expect(opened?.inspect()).toMatchObject({ inUse: 0, free: 2, waiting: 0 });
  });
});

describe.runIf(process.platform === 'linux')('processes', () => {
  it('give way to the host', async () => {
    await open();
    const pid = Number((await run('pid')).text);
    expect(getPriority(pid)).toBe(5);
    const group = `/proc/${String(pid)}/autogroup`; // which is lowered later when others were just before
    await until(() => !existsSync(group) || readFileSync(group, 'utf8').includes('nice 5'));
  });

  it.each(['spawns', 'spawns-and-blocks'])('that a call started end with it (%s)', async (name) => {
    await open();
    const seconds = `${randomInt(100_000, 999_999)}.${randomInt(1e9, 9e9)}`;
    const stop = new AbortController();
    const result = run(name, { seconds }, { signal: stop.signal });
    if (name === 'spawns')
      expect((await result).text).toBe('started\n[processes left running in the background were ended: 1]');
    else {
      await hasBegun();
      await until(async () => (await processesWith(seconds)).length > 0);
      stop.abort();
      expect(await result).toMatchObject({ error: { code: 'cancelled' } });
    }
    const left = await processesWith(seconds);
    await killAll(seconds);
    expect(left).toEqual([]);
  });

  it('of tools are gone when closing has resolved, also those with calls at work', async () => {
    const { close, inspect } = await open({ processes: 2 });
    const idle = Number((await run('pid')).text);
    const blocked = run('block', {}, { session: 'ses_blocked' });
    await hasBegun();
    await close();
    expect(await blocked).toMatchObject({ ok: false, error: { code: 'tool_failed' } });
    expect(await run('echo')).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(isAlive(idle)).toBe(false);
    expect(inspect().processes).toBe(0);
  });

  const program = (mode: string): ReturnType<typeof spawn> =>
    spawn(
      process.execPath,
      [fileURLToPath(new URL('./program.fixture.ts', import.meta.url)), folder.path, mode],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
  const pidFrom = async (child: ReturnType<typeof spawn>): Promise<number> => {
    if (child.stdout === null) throw new Error('no output');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return Number(line);
  };

  it('of tools keep no program alive that has nothing else to do', async () => {
    const child = program('ends');
    const pid = await pidFrom(child);
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    await until(() => !isAlive(pid));
  });

  it('of tools keep a program alive that waits for their end', () => {
    const file = fileURLToPath(new URL('./end.fixture.ts', import.meta.url));
    expect(spawnSync(process.execPath, [file]).status).toBe(0);
  });

  it('of tools end when their host is killed, although their code never yields', async () => {
    const child = program('blocks');
    const pid = await pidFrom(child);
    await hasBegun();
    expect(isAlive(pid)).toBe(true);
    child.kill('SIGKILL');
    await until(() => !isAlive(pid));
  });
});
