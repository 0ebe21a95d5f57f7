// JSON-RPC over WebSocket at `/rpc`: one message a text frame.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { CarrelError, codeOf, ERRORS, toErrorInfo, type ErrorCode } from '../protocol/index.ts';
import { openConnection } from './connection.ts';
import { LOOPBACK, refuseForeigner, type OwnNames } from './foreign.ts';
import { startHeartbeat } from './heartbeat.ts';
import { oneWrite } from './one-write.ts';
import type { Shared } from './shared.ts';
import { closeNumber, MESSAGE_BYTES, type Receiver, type Wire } from './wire.ts';

export const SUBPROTOCOL = 'carrel.v1';
/** How long an end may take that the other side does not answer. */
const LINGER_MS = 1000;
/** Bytes that may wait to be read before pings are left unanswered: who pings and does not read must not fill the memory here. */
const MOST_UNREAD = 64 * 1024;

/** Until disposed; then every one of its sockets is ended. */
export function serveWebSockets(shared: Shared, server: Server, own: OwnNames = LOOPBACK): Disposable {
  const sockets = new WebSocketServer({
    noServer: true,
    autoPong: false,
    maxPayload: MESSAGE_BYTES,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const upgrade = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    raw.on('error', () => raw.destroy());
    try {
      const { host, origin } = request.headers;
      refuseForeigner(shared, { host, origin, origins: shared.origins }, own);
      if (request.url?.split('?')[0] !== '/rpc')
        throw new CarrelError('not_found', 'there is no WebSocket but at /rpc');
    } catch (error) {
      return refuseUpgrade(raw, error);
    }
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
  // The other side need not close its half, and no server watches this socket any more.
  raw.end(`${head}Content-Length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`, () => raw.destroy());
}

function attach(shared: Shared, socket: WebSocket, raw: Duplex): void {
  socket.on('error', () => socket.terminate()); // `close` follows, and says the same
  let receiver: Receiver;
  try {
    receiver = openConnection({ shared, wire: webSocketWire(shared, socket, raw) });
  } catch (error) {
    return endSoon(shared, socket, codeOf(error));
  }
  boundUnknown(raw, receiver);
  const beat = startHeartbeat({
    clock: shared.clock,
    beat: () => socket.ping(),
    onSilent: () => socket.terminate(),
  });
  socket.on('pong', () => beat.heard());
  socket.on('ping', (data: Buffer) => {
    beat.heard();
    if (socket.bufferedAmount <= MOST_UNREAD) socket.pong(data);
  });
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

function webSocketWire(shared: Shared, socket: WebSocket, raw: Duplex): Wire {
  const gather = oneWrite(raw);
  return {
    send(text, sent) {
      gather();
      socket.send(text, () => sent());
    },
    close: (why) => endSoon(shared, socket, why),
  };
}

function endSoon({ clock }: Shared, socket: WebSocket, why: ErrorCode): void {
  socket.close(closeNumber(why), why);
  const late = clock.after(LINGER_MS, () => socket.terminate());
  socket.once('close', () => late[Symbol.dispose]());
}
