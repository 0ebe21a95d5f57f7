import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, type Link } from '../../protocol/index.ts';
import { openTestHost } from '../../testing/index.ts';
import { clientContract, told, until } from '../contract.ts';
import { Served } from '../serve.fixture.ts';
import { connectHome } from './index.ts';

/** A link behind a socket, with the rules of a daemon and none of its care. */
async function listen(link: Link, path: string): Promise<AsyncDisposable & { drop(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    const served = new Served(link, (text) => void socket.write(`${text}\n`));
    let rest = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) served.receive(line);
    });
    socket.on('error', () => socket.destroy()).on('close', () => served.close());
  });
  server.listen(path);
  await once(server, 'listening');
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    drop,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      drop();
      await closed;
    },
  };
}

let home: string;
const socketIn = (folder: string, name = 'a'): string =>
  process.platform === 'win32' ? `\\\\.\\pipe\\${folder.replaceAll(/\W/g, '-')}-${name}` : join(folder, name);
const announce = (socket: string): Promise<void> =>
  writeFile(
    join(home, 'daemon.json'),
    JSON.stringify({ pid: process.pid, url: 'http://127.0.0.1:1', socket, version: '0', startedAt: 0 }),
  );

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'carrel-home-'));
});

afterEach(() => rm(home, { recursive: true, force: true }));

clientContract('over a local socket', async (test) => {
  const link = test.link();
  const server = await listen(link, socketIn(home));
  await announce(socketIn(home));
  const client = await connectHome({ home });
  return {
    client,
    async dispose() {
      await client.close();
      await server[Symbol.asyncDispose]();
      await link[Symbol.asyncDispose]();
    },
  };
});

describe('the daemon of a home', () => {
  it('is not there, or its file says nothing', async () => {
    expect(await connectHome({ home }).catch(told)).toMatch(/^host_unavailable: .*no daemon runs there/);
    await writeFile(join(home, 'daemon.json'), '{}');
    expect(await connectHome({ home }).catch(told)).toMatch(/^host_unavailable: .*does not say where/);
    await announce(socketIn(home, 'gone'));
    expect(await connectHome({ home }).catch(codeOf)).toBe('host_unavailable');
  });

  it('is started once when it does not answer', async () => {
    await using test = await openTestHost();
    const servers: AsyncDisposable[] = [];
    const start = async (): Promise<void> => {
      servers.push(await listen(test.link(), socketIn(home)));
      await announce(socketIn(home));
    };
    await announce(socketIn(home, 'gone'));
    const client = await connectHome({ home, start });
    expect(await client.inbox()).toEqual([]);
    expect(servers).toHaveLength(1);
    await client.close();
    await servers[0]?.[Symbol.asyncDispose]();
  });

  it('is found again where it listens after a restart', async () => {
    await using test = await openTestHost();
    await using first = await listen(test.link(), socketIn(home));
    await announce(socketIn(home));
    await using client = await connectHome({ home });
    const session = await client.create({ folder: test.folder });
    const seen = until(session.follow(), ({ type }) => type === 'context.added');
    await first[Symbol.asyncDispose]();
    await using _second = await listen(test.link(), socketIn(home, 'b'));
    await announce(socketIn(home, 'b'));
    await session.addContext('news ü 漢 🙂');
    expect((await seen).at(-1)).toMatchObject({ seq: 2, data: { text: 'news ü 漢 🙂' } });
  });
});
