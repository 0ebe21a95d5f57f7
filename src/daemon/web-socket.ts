// JSON-RPC over WebSocket at `/rpc`: one message a text frame.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { ERRORS, toErrorInfo } from '../protocol/index.ts';
import { openConnection } from './connection.ts';
import { refuseForeign } from './foreign.ts';
import type { Shared } from './shared.ts';
import { closeNumber, MESSAGE_BYTES, type Receiver, type Wire } from './wire.ts';

export const SUBPROTOCOL = 'carrel.v1';
const PING_MS = 15_000;
/** Three pings without an answer. */
const SILENT_MS = 45_000;
/** How long an end may take that the other side does not answer. */
const LINGER_MS = 1000;

/** Until disposed; then every one of its sockets is ended. */
export function serveWebSockets(shared: Shared, server: Server): Disposable {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const upgrade = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    raw.on('error', () => raw.destroy());
    try {
      const { host, origin } = request.headers;
      refuseForeign({ host, origin });
    } catch (error) {
      return refuseUpgrade(raw, error);
    }
    if (request.url?.split('?')[0] !== '/rpc') return void raw.end('HTTP/1.1 404 Not Found\r\n\r\n');
    sockets.handleUpgrade(request, raw, head, (socket) => attach(shared, socket, raw));
  };
  server.on('upgrade', upgrade);
  return {
    [Symbol.dispose]() {
      server.off('upgrade', upgrade);
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}

function refuseUpgrade(raw: Duplex, error: unknown): void {
  const info = toErrorInfo(error);
  const body = JSON.stringify({ error: info });
  const head = `HTTP/1.1 ${String(ERRORS[info.code].http)} Refused\r\nContent-Type: application/json\r\nConnection: close\r\n`;
  raw.end(`${head}Content-Length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`);
}

function attach(shared: Shared, socket: WebSocket, raw: Duplex): void {
  socket.on('error', () => socket.terminate()); // `close` follows, and says the same
  let receiver: Receiver;
  try {
    receiver = openConnection({ shared, wire: webSocketWire(shared, socket) });
  } catch (error) {
    const { code } = toErrorInfo(error);
    return socket.close(closeNumber(code), code);
  }
  boundUnknown(raw, receiver);
  const beat = keepAlive(shared, socket);
  socket.on('message', (data: RawData, isBinary) => {
    beat.heard();
    if (isBinary) receiver.refuse('send text frames, one JSON message each');
    else receiver.receive((data as Buffer).toString());
  });
  socket.on('close', () => {
    beat[Symbol.dispose]();
    receiver.lost();
  });
}

/** Whoever is not known yet sends one small message: what it takes on its way here is bounded before it is a message. */
function boundUnknown(raw: Duplex, receiver: Receiver): void {
  const unknownBytes = receiver.limitBytes;
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    if (receiver.limitBytes > unknownBytes) return void raw.off('data', count);
    bytes += chunk.length;
    if (bytes <= unknownBytes) return;
    raw.off('data', count);
    receiver.refuse(`more than ${String(unknownBytes)} bytes came before connection/open`);
  };
  raw.on('data', count);
}

function webSocketWire({ clock }: Shared, socket: WebSocket): Wire {
  return {
    send: (text, sent) => socket.send(text, () => sent()),
    close: (why) => {
      socket.close(closeNumber(why), why);
      const late = clock.after(LINGER_MS, () => socket.terminate());
      socket.once('close', () => late[Symbol.dispose]());
    },
  };
}

/** Finds a socket whose other side is gone without a word. */
function keepAlive({ clock }: Shared, socket: WebSocket): Disposable & { heard(): void } {
  let heardMs = clock.monotonic();
  const heard = (): void => void (heardMs = clock.monotonic());
  const beat = (): void => {
    if (clock.monotonic() - heardMs >= SILENT_MS) return socket.terminate();
    socket.ping();
    timer = clock.after(PING_MS, beat);
  };
  let timer = clock.after(PING_MS, beat);
  socket.on('pong', heard);
  return { heard, [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
