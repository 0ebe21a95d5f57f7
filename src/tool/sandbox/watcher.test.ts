// A host of its own for every test, in a process of its own, killed for real.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { killAll, processesWith, until } from '../fixtures.ts';
import { readProcess } from './linux-processes.ts';

const SANDBOX = new URL('./sandbox.ts', import.meta.url).href;

/** Runs `script` in a host; there, `run` starts a command and `say` writes a line. Without `looks` it tells the watcher nothing. */
function startHost(script: string, looks = true): { host: ChildProcess; line: () => Promise<string> } {
  const code = `
    import { createSandbox } from ${JSON.stringify(SANDBOX)};
    const never = { now: () => 0, monotonic: () => 0, after: () => ({ [Symbol.dispose]: () => undefined }) };
    const sandbox = createSandbox(${looks ? '' : '{ clock: never }'});
    const signal = new AbortController().signal;
    const run = (command) => sandbox.run({ command, folder: '/', signal, outputBytes: 1000, progress: () => undefined });
    const say = (value) => process.stdout.write(String(value) + '\\n');
    ${script}`;
  const host = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  const lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
  return { host, line: async () => String((await lines.next()).value) };
}

const isAlive = (pid: number): boolean => readProcess(pid)?.dead === false;

describe.runIf(process.platform === 'linux')('no process outlives the host', () => {
  let tag: string;
  let hosts: ChildProcess[];
  beforeEach(() => {
    tag = `${randomInt(100_000, 999_999)}.${randomInt(1e9, 9e9)}`;
    hosts = [];
  });
  afterEach(async () => {
    for (const host of hosts) host.kill('SIGKILL');
    await killAll(tag);
  });
  const start = (script: string, looks?: boolean): ReturnType<typeof startHost> => {
    const started = startHost(script, looks);
    hosts.push(started.host);
    return started;
  };
  const killed = async (host: ChildProcess): Promise<void> => {
    const gone = once(host, 'exit');
    host.kill('SIGKILL');
    await gone;
  };

  /** Who is left when the watcher has done its work. */
  const survivors = async (watcher: number): Promise<number[]> => {
    await until(() => !isAlive(watcher));
    return processesWith(tag);
  };

  it.each([
    ['plain', 'sleep TAG & sleep TAG'],
    ['in a session of its own', 'setsid sleep TAG & sleep TAG'],
    ['after forking twice', '( ( setsid sleep TAG & ) & ) & sleep TAG'],
    ['without an environment', '( env -i setsid sleep TAG >/dev/null 2>&1 & ) & sleep TAG'],
    ['without anything but its parent', "env -i setsid sh -c 'exec 3>&-; sleep TAG; :' & sleep TAG"],
    ['ignoring TERM', 'setsid sh -c \'trap "" TERM HUP INT; sleep TAG; sleep TAG\' & sleep TAG'],
  ])('that was killed with -9: %s', async (_how, command) => {
    const { host, line } = start(
      `void run(${JSON.stringify(command.replaceAll('TAG', tag))}); say(sandbox.watcherPid);`,
      false,
    );
    const watcher = Number(await line());
    await until(async () => (await processesWith(`sleep\0${tag}`)).length === 2);
    await killed(host);
    expect(await survivors(watcher)).toEqual([]);
  });

  it('that was killed with -9: without anything and without parents, but seen before', async () => {
    const orphan = `( env -i setsid sh -c 'exec 3>&-; sleep ${tag}; :' & sleep 0.5 ) & sleep ${tag}`;
    const { host, line } = start(`void run(${JSON.stringify(orphan)}); say(sandbox.watcherPid);`);
    const watcher = Number(await line());
    const parentOf = async (): Promise<number | undefined> =>
      readProcess((await processesWith(`sh\0-c\0exec 3>&-; sleep ${tag}`))[0] ?? 0)?.parent;
    await until(async () => (await parentOf()) === 1);
    await killed(host);
    expect(await survivors(watcher)).toEqual([]);
  });

  it('that was killed the moment it had started the command, before the watcher was up', async () => {
    const { host, line } = start(`
      void run('setsid sleep ${tag} & sleep ${tag}');
      say(sandbox.watcherPid);
      process.kill(process.pid, 'SIGKILL');`);
    const watcher = Number(await line());
    if (host.exitCode === null && host.signalCode === null) await once(host, 'exit');
    expect(host.signalCode).toBe('SIGKILL');
    expect(await survivors(watcher)).toEqual([]);
  });

  it('that ended by itself in the middle of a call', async () => {
    const { line } = start(`
      void run('setsid sleep ${tag} & sleep ${tag}');
      say(sandbox.watcherPid);
      setTimeout(() => process.exit(0), 200);`);
    expect(await survivors(Number(await line()))).toEqual([]);
  });

  it('and the watcher ends with a host that ends well, which it does not keep alive', async () => {
    const { host, line } = start(`await run('true'); say(sandbox.watcherPid);`);
    const watcher = Number(await line());
    expect(isAlive(watcher)).toBe(true);
    if (host.exitCode === null) await once(host, 'exit');
    expect(host.exitCode).toBe(0);
    await until(() => !isAlive(watcher));
    expect(isAlive(watcher)).toBe(false);
  });

  it('although the watcher was killed: the host has another', async () => {
    const { host, line } = start(`
      void run('sleep ${tag}');
      const first = sandbox.watcherPid;
      say(first);
      process.kill(first, 'SIGKILL');
      setInterval(() => { if (sandbox.watcherPid !== undefined && sandbox.watcherPid !== first) say(sandbox.watcherPid); }, 10);`);
    const first = Number(await line());
    const second = Number(await line());
    expect(second).not.toBe(first);
    await killed(host);
    expect(await survivors(second)).toEqual([]);
  });

  it('and the watcher is small, and leads a session of its own', async () => {
    const { line } = start(`void run('sleep ${tag}'); say(sandbox.watcherPid);`);
    const watcher = Number(await line());
    expect(readProcess(watcher)).toMatchObject({ pid: watcher, group: watcher, session: watcher });
    const residentKb = Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${watcher}/status`, 'utf8'))?.[1]);
    expect(residentKb).toBeLessThan(8 * 1024);
  });
});
