import { resolve } from 'node:path';
import { runDaemon } from '../daemon-run.ts';
import { servingDaemon, startDaemon, stopDaemon } from '../daemon-process.ts';
import { EXIT, type Exit } from '../exit.ts';
import { homeOf } from '../home.ts';
import { installUnit, uninstallUnit } from '../install-unit.ts';
import type { Invocation } from '../invocation.ts';
import { report } from '../report.ts';
import { printValue } from '../render/value.ts';
import { homeHolder } from '../../store/index.ts';

const ACTIONS: Readonly<Record<string, (invocation: Invocation) => Promise<Exit>>> = {
  async run(invocation) {
    await runDaemon(invocation);
    return EXIT.done;
  },
  /** One that serves already is what was asked for. */
  async start(invocation) {
    const home = homeOf(invocation);
    const before = await servingDaemon(home);
    const daemon = before ?? (await startDaemon(invocation, home, flagsOf(invocation)));
    const { pid, url, socket } = daemon;
    const how = before === undefined ? 'serves' : 'serves already';
    report(invocation, `the daemon ${String(pid)} ${how} at ${url} and ${socket}`, daemon);
    return EXIT.done;
  },
  async stop(invocation) {
    const home = homeOf(invocation);
    const daemon = await servingDaemon(home);
    if (daemon !== undefined) await stopDaemon(home, daemon);
    const sentence = daemon === undefined ? none(invocation) : `the daemon ${String(daemon.pid)} has stopped`;
    report(invocation, sentence, { stopped: daemon?.pid ?? null });
    return EXIT.done;
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
  install: (invocation) => Promise.resolve(installUnit(invocation)),
  uninstall: (invocation) => Promise.resolve(uninstallUnit(invocation)),
};

/** Exit of `status`: 0 when a daemon is ready, else 1. */
export async function run(invocation: Invocation): Promise<Exit> {
  const action = ACTIONS[invocation.args[0] ?? ''];
  return action === undefined ? EXIT.usage : await action(invocation);
}

function flagsOf({ options, folder }: Invocation): string[] {
  return ['port', 'address', 'certificate', 'key'].flatMap((name) => {
    const value = options.text(name);
    // The daemon has another folder than this command.
    const isFile = name === 'certificate' || name === 'key';
    return value === undefined ? [] : [`--${name}`, isFile ? resolve(folder, value) : value];
  });
}

function none(invocation: Invocation): string {
  const { dataFolder } = homeOf(invocation);
  const holder = homeHolder({ home: dataFolder });
  const held = holder === undefined ? '' : `; process ${String(holder)} works there by itself`;
  return `no daemon serves the home ${dataFolder}${held}`;
}
