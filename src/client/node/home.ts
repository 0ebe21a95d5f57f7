// The daemon of a home says in a file where it listens. The file is read for each new connection: a daemon that was started again
// may listen elsewhere.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { codeOf } from '../../protocol/index.ts';
import { Client, openRemoteLink, unavailable, type Destination, type RemoteOptions } from '../index.ts';
import { socketAt } from './socket.ts';

/** In the data folder of a home while its daemon runs. */
const DAEMON_FILE = 'daemon.json';

/** What a daemon writes there. */
const DaemonFile = z.object({
  pid: z.int(),
  /** Of HTTP and WebSocket. */
  url: z.string(),
  /** Path of the local socket, or name of the pipe. */
  socket: z.string().min(1),
  version: z.string(),
  startedAt: z.int().nonnegative(),
});
export type DaemonFile = z.infer<typeof DaemonFile>;

export interface HomeOptions extends RemoteOptions {
  /** The data folder of the home, absolute: `CARREL_HOME` where that is set. */
  readonly home: string;
  /** Called once when no daemon answers: resolves when one does. Without it that is `host_unavailable`. */
  readonly start?: () => Promise<void>;
}

/** The daemon of a home, over its local socket, which needs no token. Rejects as `connectWebSocket` does. */
export async function connectHome({ home, start, ...options }: HomeOptions): Promise<Client> {
  const daemon = destinationOf(home);
  try {
    return new Client(await openRemoteLink(daemon, options), options);
  } catch (error) {
    if (start === undefined || codeOf(error) !== 'host_unavailable') throw error;
  }
  await start();
  return new Client(await openRemoteLink(daemon, options), options);
}

/** What the daemon of a home wrote down of itself; it may be dead. Undefined when there is nothing, or it cannot be read. */
export async function daemonAt(home: string): Promise<DaemonFile | undefined> {
  return await read(home).catch(() => undefined);
}

function destinationOf(home: string): Destination {
  return {
    address: home,
    open: async (events, signal) => socketAt(await socketOf(home)).open(events, signal),
  };
}

async function socketOf(home: string): Promise<string> {
  try {
    return (await read(home)).socket;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const why = isMissing
      ? 'no daemon runs there'
      : `${join(home, DAEMON_FILE)} does not say where its daemon listens`;
    throw unavailable(home, why, error);
  }
}

async function read(home: string): Promise<DaemonFile> {
  return DaemonFile.parse(JSON.parse(await readFile(join(home, DAEMON_FILE), 'utf8')));
}
