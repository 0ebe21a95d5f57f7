// The port of the daemon: on loopback, or with a certificate on any address.
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIPv6, type AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { CarrelError } from '../protocol/index.ts';
import { plainName, type Certificate } from './certificate.ts';
import { isLoopback, LOOPBACK } from './foreign.ts';
import { httpApp } from './http.ts';
import type { Listening } from './local-socket.ts';
import type { Shared } from './shared.ts';
import { serveWebSockets } from './web-socket.ts';

/** Sockets beside those that are connections: each costs some memory before anybody is known. */
const MORE_SOCKETS = 1000;
const HEADERS_MS = 15_000;
/** A message of 16 MiB takes milliseconds on loopback. */
const REQUEST_MS = 60_000;
/** A system that asks ten times, each second, takes a silent peer for dead below 45 s. */
const KEEP_ALIVE_MS = 30_000;

export interface Place {
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly certificate?: Certificate;
}

/** The address is a URL. `invalid_params` for an address that others reach, without a certificate; `conflict` for a port in use. */
export async function listenOnPort(
  shared: Shared,
  { address, port, certificate }: Place,
): Promise<Listening> {
  if (certificate === undefined && !isLoopback(address)) throw outside(address);
  const own = certificate?.own ?? LOOPBACK;
  const app = httpApp(shared, own, !isLoopback(address));
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = serverFor((request, response) => void listener(request, response), certificate);
  const { connections, strangers } = shared.limits;
  server.maxConnections = connections + strangers + MORE_SOCKETS;
  const sockets = serveWebSockets(shared, server, own);
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
  const at = urlOf(server.address() as AddressInfo, certificate);
  return { address: at, [Symbol.asyncDispose]: close };
}

function serverFor(listener: RequestListener, certificate: Certificate | undefined): Server {
  const options = {
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  };
  if (certificate === undefined) return createServer(options, listener);
  const { cert, key } = certificate;
  return createTlsServer({ ...options, cert, key, handshakeTimeout: HEADERS_MS }, listener);
}

/** With a certificate, by a name that it has: nobody could check another. */
function urlOf({ address, port }: AddressInfo, certificate: Certificate | undefined): string {
  const plain = isIPv6(address) ? `[${address}]` : address;
  if (certificate === undefined) return `http://${plain}:${String(port)}`;
  const { own } = certificate;
  return `https://${own.names.includes(plain) ? plain : plainName(own)}:${String(port)}`;
}

/** Tokens would be readable on their way. */
function outside(address: string): CarrelError {
  const message = `the daemon listens on loopback only, not on ${JSON.stringify(address)}: give it a certificate (--certificate, --key), or forward a port (ssh -L)`;
  return new CarrelError('invalid_params', message, { data: { address } });
}

function inUse(error: NodeJS.ErrnoException, { address, port }: Place): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error;
  const why = error.code === 'EACCES' ? 'may not be taken by you' : 'is in use by another process';
  const message = `port ${String(port)} of ${address} ${why}: leave --port out for a free one, or name another`;
  return new CarrelError('conflict', message, { data: { address, port }, cause: error });
}
