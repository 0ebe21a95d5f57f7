// The daemon as it is installed, in a process of its own, with a home, a provider on loopback and limits that are raised. What it
// uses is read from the outside, so that measuring costs it nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { connectHome } from '../../src/client/node/index.ts';
import type { Client } from '../../src/client/index.ts';
import { treeCpuMicros } from './proc.ts';

/** As many turns and requests at once as the largest row has sessions; as many live ones as are stored. */
const LIMITS = { turns: 64, requestsPerProvider: 64, liveSessions: 10_000 };
/** Nothing listens there: for rows that ask no model. */
const NOWHERE = 'http://127.0.0.1:9/v1';

export interface ServingOptions {
  /** Where the program was installed. */
  readonly program: string;
  readonly home: string;
  /** Of the provider. */
  readonly url?: string;
  readonly profile?: Readonly<Record<string, unknown>>;
}

export interface Serving extends AsyncDisposable {
  readonly pid: number;
  readonly url: string;
  readonly socket: string;
  /** From starting the process until it said that it takes input, ms. */
  readonly readyMs: number;
  /** Of the daemon and of every process below it, since it was started, µs. */
  cpuMicros(): number;
  /** Ends with the daemon. */
  connect(): Promise<Client>;
  /** As on SIGTERM; resolves when the process is gone. Again does nothing. */
  stop(): Promise<void>;
}

export function writeHome({ home, url = NOWHERE, profile = {} }: Omit<ServingOptions, 'program'>): void {
  mkdirSync(home, { recursive: true });
  const config = {
    model: 'local/m',
    providers: { local: { kind: 'openai-compatible', baseUrl: url, apiKey: 'test-key' } },
    profiles: { default: { prompt: 'You are being measured.', tools: [], mode: 'full', ...profile } },
    limits: LIMITS,
  };
  writeFileSync(join(home, 'config.jsonc'), JSON.stringify(config), { mode: 0o600 });
}

export async function serve(options: ServingOptions): Promise<Serving> {
  const { program, home } = options;
  writeHome(options);
  const log = openSync(join(home, 'said.log'), 'a');
  const before = performance.now();
  const child = spawn(process.execPath, [join(program, 'bin', 'carrel.js'), 'daemon', 'run', '--json'], {
    cwd: home,
    env: { ...process.env, CARREL_HOME: home },
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  const ended = once(child, 'exit');
  // When the benchmark fails, its daemon ends as well.
  const kill = (): void => void child.kill();
  process.once('exit', kill);
  const said = once(createInterface(child.stdout as Readable), 'line');
  const served = await Promise.race([said.then(() => true), ended.then(() => false)]);
  if (!served)
    throw new Error(`the daemon ended before it served: ${readFileSync(join(home, 'said.log'), 'utf8')}`);
  const readyMs = performance.now() - before;
  const presence = readFileSync(join(home, 'daemon.json'), 'utf8');
  const { pid, url, socket } = JSON.parse(presence) as Pick<Serving, 'pid' | 'url' | 'socket'>;
  const clients: Client[] = [];
  const stop = async (): Promise<void> => {
    for (const client of clients.splice(0)) await client.close();
    if (child.exitCode === null && child.signalCode === null) process.kill(pid, 'SIGTERM');
    await ended;
    process.off('exit', kill);
  };
  return {
    pid,
    url,
    socket,
    readyMs,
    cpuMicros: () => treeCpuMicros(pid),
    async connect() {
      const client = await connectHome({ home });
      clients.push(client);
      return client;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
