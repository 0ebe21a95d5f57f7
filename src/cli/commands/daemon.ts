import { resolve } from 'node:path';
import { daemonLog, followLog, lastLines } from '../daemon-log.ts';
import { restartDaemon, servingDaemon, startDaemon, stopDaemon, type Serving } from '../daemon-process.ts';
import { EXIT, type Exit } from '../exit.ts';
import { homeOf } from '../home.ts';
import { installUnit, uninstallUnit } from '../install-unit.ts';
import type { Invocation } from '../invocation.ts';
import { note } from '../note.ts';
import { report } from '../report.ts';
import { printValue } from '../render/value.ts';
import { homeHolder } from '../../store/index.ts';

const DEFAULT_LINES = 50;
const MOST_LINES = 10_000;

const ACTIONS: Readonly<Record<string, (invocation: Invocation) => Promise<Exit>>> = {
  async run(invocation) {
    const { runDaemon } = await import('../daemon-run.ts');
    await runDaemon(invocation);
    return EXIT.done;
  },
  /** One that serves already is what was asked for. */
  async start(invocation) {
    const home = homeOf(invocation);
    const before = await servingDaemon(home);
    const daemon = before ?? (await startDaemon(invocation, home, flagsOf(invocation)));
    return serves(invocation, daemon, before === undefined ? 'serves' : 'serves already');
  },
  async stop(invocation) {
    const home = homeOf(invocation);
    const daemon = await servingDaemon(home);
    if (daemon !== undefined) await stopDaemon(home, daemon.pid);
    const sentence = daemon === undefined ? none(invocation) : `the daemon ${String(daemon.pid)} has stopped`;
    report(invocation, sentence, { stopped: daemon?.pid ?? null });
    return EXIT.done;
  },
  /** Starts one where none runs. */
  async restart(invocation) {
    const home = homeOf(invocation);
    const flags = flagsOf(invocation);
    const daemon = await servingDaemon(home);
    if (daemon === undefined) return serves(invocation, await startDaemon(invocation, home, flags), 'serves');
    return serves(invocation, await restartDaemon(invocation, home, { daemon, flags }), 'serves again');
  },
  async status(invocation) {
    const { terminal, json } = invocation;
    const daemon = await servingDaemon(homeOf(invocation));
    const ready = daemon?.ready === true;
    if (json) printValue(terminal.out, { ...daemon, ready });
    else if (daemon === undefined) terminal.out.write(`${none(invocation)}\n`);
    else {
      const { pid, url, socket, version } = daemon;
      const state = ready ? 'ready' : 'not ready: it is stopping, or its store cannot write';
      terminal.out.write(`process ${String(pid)}, version ${version}, ${state}\n${url}\n${socket}\n`);
    }
    return ready ? EXIT.done : EXIT.failed;
  },
  async logs(invocation) {
    const { terminal, options } = invocation;
    const path = daemonLog(homeOf(invocation));
    const count = options.integer('last', { min: 0, max: MOST_LINES }) ?? DEFAULT_LINES;
    const { text, end } = lastLines(path, count);
    if (text === '' && count > 0) note(invocation, 'info', `${path} is empty: no daemon has run`);
    terminal.out.write(text);
    if (!options.flag('follow')) return EXIT.done;
    const stop = new AbortController();
    using _interrupt = terminal.onInterrupt(() => stop.abort());
    const signal = AbortSignal.any([stop.signal, terminal.gone]);
    await followLog(path, { from: end, signal, show: (more) => terminal.out.write(more) });
    return EXIT.done;
  },
  install: (invocation) => Promise.resolve(installUnit(invocation)),
  uninstall: (invocation) => Promise.resolve(uninstallUnit(invocation)),
};

/** Exit of `status`: 0 when a daemon is ready, else 1. */
export async function run(invocation: Invocation): Promise<Exit> {
  const action = ACTIONS[invocation.args[0] ?? ''];
  return action === undefined ? EXIT.usage : await action(invocation);
}

function serves(invocation: Invocation, daemon: Serving, how: string): Exit {
  const { pid, url, socket } = daemon;
  report(invocation, `the daemon ${String(pid)} ${how} at ${url} and ${socket}`, daemon);
  return EXIT.done;
}

function flagsOf({ options, folder }: Invocation): string[] {
  const origins = options.texts('origin').flatMap((origin) => ['--origin', origin]);
  const others = ['port', 'address', 'certificate', 'key'].flatMap((name) => {
    const value = options.text(name);
    // The daemon has another folder than this command.
    const isFile = name === 'certificate' || name === 'key';
    return value === undefined ? [] : [`--${name}`, isFile ? resolve(folder, value) : value];
  });
  return [...others, ...origins];
}

function none(invocation: Invocation): string {
  const { dataFolder } = homeOf(invocation);
  const holder = homeHolder({ home: dataFolder });
  const held = holder === undefined ? '' : `; process ${String(holder)} works there by itself`;
  return `no daemon serves the home ${dataFolder}${held}`;
}
