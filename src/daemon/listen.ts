// The port of the daemon, on loopback.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { CarrelError } from '../protocol/index.ts';
import { refuseOutside } from './foreign.ts';
import { httpApp } from './http.ts';
import type { Listening } from './local-socket.ts';
import type { Shared } from './shared.ts';
import { serveWebSockets } from './web-socket.ts';

/** Above what one user's programs hold; each connection costs some memory before anybody is known. */
const MAX_SOCKETS = 2048;
const HEADERS_MS = 15_000;
/** A message of 16 MiB takes milliseconds on loopback. */
const REQUEST_MS = 60_000;

export interface Place {
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** The address is a URL. `invalid_params` for an address that is not loopback; `conflict` for a port that is in use. */
export async function listenOnLoopback(shared: Shared, { address, port }: Place): Promise<Listening> {
  refuseOutside(address);
  const app = httpApp(shared);
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS },
    (request, response) => void listener(request, response),
  );
  server.maxConnections = MAX_SOCKETS;
  const sockets = serveWebSockets(shared, server);
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', (error: NodeJS.ErrnoException) => reject(inUse(error, { address, port })));
    server.listen(port, address);
  });
  server.on('error', (error) => shared.onFault('the server', error));
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    sockets[Symbol.dispose]();
    server.closeAllConnections();
    await closed;
  };
  return { address: urlOf(server.address() as AddressInfo), [Symbol.asyncDispose]: close };
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${String(port)}`;
}

function inUse(error: NodeJS.ErrnoException, { address, port }: Place): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error;
  const why = error.code === 'EACCES' ? 'may not be taken by you' : 'is in use by another process';
  const message = `port ${String(port)} of ${address} ${why}: leave --port out for a free one, or name another`;
  return new CarrelError('conflict', message, { data: { address, port }, cause: error });
}
