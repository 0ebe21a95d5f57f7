// A daemon on real sockets, for tests, and what asks it anything.
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { systemClock, systemRandom, type Clock } from '../base/index.ts';
import { homeAt, type Home } from '../config/index.ts';
import type { Host } from '../host/index.ts';
import { openTestHost, scriptedModel, type ScriptedModel, type TestHost } from '../testing/index.ts';
import { openDaemon, type Daemon, type DaemonOptions } from './daemon.ts';
import { ownerToken } from './tokens.ts';

export interface Served extends AsyncDisposable {
  readonly daemon: Daemon;
  readonly test: TestHost;
  readonly home: Home;
  readonly url: string;
  readonly token: string;
}

export interface ServeOptions extends Partial<DaemonOptions> {
  /** Default one that says hello. */
  readonly model?: ScriptedModel;
  /** The host that is served instead of the one of the test. */
  readonly around?: (host: Host) => Host;
}

const HELLO = (): ScriptedModel => scriptedModel({ answers: () => [{ text: ['Hel', 'lo'] }] });

export async function serve(options: ServeOptions = {}): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-daemon-'));
  const home = homeAt(folder);
  const { model = HELLO(), around = (host) => host, ...given } = options;
  const test = await openTestHost({ model });
  const [clock, random] = [systemClock, systemRandom];
  const opening = openDaemon({
    host: around(test.host),
    home,
    version: '1.2.3',
    clock,
    random,
    onFault: () => undefined,
    ...given,
  });
  const close = async (): Promise<void> => {
    await opening.then(
      (daemon) => daemon[Symbol.asyncDispose](),
      () => undefined, // nothing was opened
    );
    await test[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  };
  const daemon = await opening.catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const { url } = daemon.presence;
  return { daemon, test, home, url, token: ownerToken(home), [Symbol.asyncDispose]: close };
}

export interface Reply {
  readonly status: number;
  readonly body: string;
}

export interface Asked {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** Unlike `fetch`, it sends the Host and Origin that it is told to. */
export async function ask(url: string, { path, method = 'GET', headers = {}, body }: Asked): Promise<Reply> {
  const asked = request(new URL(path, url), { method, headers, agent: false }).end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await textOf(response) };
}

export const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'inbox/list' });
export const OPEN = (token?: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 'open', method: 'connection/open', params: { protocol: 1, token } });

/** Real time, in which what lasts seconds lasts hundredths of them. */
export const HURRIED: Clock = {
  ...systemClock,
  after: (ms, fire) => systemClock.after(ms <= 2000 ? ms / 100 : ms, fire),
};
