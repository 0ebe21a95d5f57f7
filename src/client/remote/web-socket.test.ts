import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { codeOf, type Link } from '../../protocol/index.ts';
import { openTestHost } from '../../testing/index.ts';
import { clientContract, told, until } from '../contract.ts';
import { connectWebSocket } from '../index.ts';
import { Served } from '../serve.fixture.ts';
import { webSocketTo } from './web-socket.ts';

interface Listening extends AsyncDisposable {
  readonly url: string;
  readonly paths: readonly (string | undefined)[];
  drop(): void;
}

async function listen(link: Link): Promise<Listening> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const paths: (string | undefined)[] = [];
  server.on('connection', (socket, { url }) => {
    paths.push(url);
    const served = new Served(link, (text) => socket.send(text), { token: 'secret' });
    socket.on('message', (data: Buffer) => served.receive(data.toString('utf8')));
    socket.on('error', () => socket.terminate()).on('close', () => served.close());
  });
  await once(server, 'listening');
  const drop = (): void => {
    for (const socket of server.clients) socket.terminate();
  };
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    paths,
    drop,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      drop();
      await closed;
    },
  };
}

clientContract('over a WebSocket', async (test) => {
  const link = test.link();
  const server = await listen(link);
  const client = await connectWebSocket({ url: server.url, token: 'secret' });
  return {
    client,
    async dispose() {
      await client.close();
      await server[Symbol.asyncDispose]();
      await link[Symbol.asyncDispose]();
    },
  };
});

describe('a WebSocket', () => {
  it('leads to /rpc and carries no token in its address', async () => {
    await using test = await openTestHost();
    await using server = await listen(test.link());
    await using client = await connectWebSocket({ url: server.url, token: 'secret' });
    expect(await client.inbox()).toEqual([]);
    expect(server.paths).toEqual(['/rpc']);
  });

  it('comes back after it was cut', async () => {
    await using test = await openTestHost();
    await using server = await listen(test.link());
    await using client = await connectWebSocket({ url: server.url, token: 'secret' });
    const session = await client.create({ folder: test.folder });
    const items = session.follow();
    expect((await items.next()).value).toMatchObject({ seq: 1 });
    const rest = until(items, ({ type }) => type === 'context.added');
    server.drop();
    await session.addContext('news');
    expect((await rest).map(({ seq }) => seq)).toEqual([2]);
    expect(server.paths).toHaveLength(2);
  });

  it('is refused without the token, and where nobody listens', async () => {
    await using test = await openTestHost();
    const server = await listen(test.link());
    expect(await connectWebSocket({ url: server.url }).catch(codeOf)).toBe('unauthorized');
    await server[Symbol.asyncDispose]();
    const refusal = await connectWebSocket({ url: server.url }).catch(told);
    expect(refusal).toMatch(/^host_unavailable: /);
    expect(refusal).toContain(server.url.replace('http', 'ws'));
  });

  it.each([
    ['http://127.0.0.1:8080', 'ws://127.0.0.1:8080/rpc'],
    ['https://host.example', 'wss://host.example/rpc'],
    ['wss://host.example/desk/rpc', 'wss://host.example/desk/rpc'],
  ])('takes %s for %s', (url, address) => {
    expect(webSocketTo(url).address).toBe(address);
  });

  it.each(['nowhere', 'ftp://host', 'ws://name:secret@host', 'ws://host/?token=secret', 'ws://host/#secret'])(
    'refuses %s, without saying it again',
    (url) => {
      expect(() => webSocketTo(url)).toThrow(expect.objectContaining({ code: 'invalid_params' }));
      expect(() => webSocketTo(url)).not.toThrow(/secret/);
    },
  );
});
