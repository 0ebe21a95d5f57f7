// The socket of the same user: one message a line. The file system says who may open it, so nobody has to show a token.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { platform, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { toErrorInfo, toRpcError } from '../protocol/index.ts';
import { openConnection } from './connection.ts';
import { OWNER } from './identity.ts';
import type { Shared } from './shared.ts';
import type { Receiver, Wire } from './wire.ts';

/** Bytes of a socket's path that every system takes (104 on macOS, 108 on Linux). */
const MAX_PATH_BYTES = 100;
/** What was sent last may still be on its way when a wire is closed; ms. */
const LINGER_MS = 1000;
const NEWLINE = 10;

export interface Listening extends AsyncDisposable {
  /** Path of the socket, or name of the pipe. */
  readonly address: string;
}

/**
 * Listens at the path, which the caller owns: what a dead process left there is removed. A path that is too long for a socket gives
 * one in a private folder of the temporary ones.
 */
export async function listenLocally(shared: Shared, wanted: string): Promise<Listening> {
  const address = fitting(wanted);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    attach(shared, socket);
  });
  if (platform() !== 'win32') rmSync(address, { force: true });
  await listening(server, address);
  server.on('error', (error) => shared.onFault('the local socket', error));
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const late = shared.clock.after(LINGER_MS, () => sockets.forEach((socket) => socket.destroy()));
    await closed;
    late[Symbol.dispose]();
    if (address !== wanted) rmSync(dirname(address), { recursive: true, force: true });
  };
  return { address, [Symbol.asyncDispose]: close };
}

function fitting(wanted: string): string {
  if (platform() === 'win32' || Buffer.byteLength(wanted) <= MAX_PATH_BYTES) return wanted;
  return join(mkdtempSync(join(tmpdir(), 'carrel-')), basename(wanted));
}

/** The socket is made with the rights it keeps: there is no moment in which others could open it. */
async function listening(server: Server, address: string): Promise<void> {
  const ready = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  const before = process.umask(0o177);
  try {
    server.listen(address);
  } finally {
    process.umask(before);
  }
  await ready;
  if (platform() !== 'win32') chmodSync(address, 0o600);
}

function attach(shared: Shared, socket: Socket): void {
  const wire = lineWire(shared, socket);
  let receiver: Receiver;
  try {
    receiver = openConnection({ shared, wire, trusted: OWNER });
  } catch (error) {
    const response = { jsonrpc: '2.0', id: null, error: toRpcError(toErrorInfo(error)) };
    socket.on('error', () => socket.destroy()).end(`${JSON.stringify(response)}\n`);
    return;
  }
  const lines = new Lines(receiver);
  socket.on('data', (chunk: Buffer) => lines.add(chunk));
  socket.on('error', () => socket.destroy()); // `close` follows, and says the same
  socket.on('close', () => receiver.lost());
}

function lineWire({ clock }: Shared, socket: Socket): Wire {
  return {
    send: (text, sent) => socket.write(`${text}\n`, () => sent()),
    close: () => {
      socket.end();
      const late = clock.after(LINGER_MS, () => socket.destroy());
      socket.once('close', () => late[Symbol.dispose]());
    },
  };
}

/** Cuts what comes into lines, however it was cut on its way. */
class Lines {
  readonly #receiver: Receiver;
  #begun: Buffer[] = [];
  #bytes = 0;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  add(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (!this.#take(chunk.subarray(start, end < 0 ? chunk.length : end))) return;
      if (end < 0) return;
      const line = Buffer.concat(this.#begun).toString().trim();
      [this.#begun, this.#bytes] = [[], 0];
      if (line !== '') this.#receiver.receive(line);
      start = end + 1;
    }
  }

  #take(piece: Buffer): boolean {
    const { limitBytes } = this.#receiver;
    this.#bytes += piece.length;
    if (this.#bytes <= limitBytes) this.#begun.push(piece);
    else {
      this.#begun = [];
      this.#receiver.refuse(`a line has more than ${String(limitBytes)} bytes`);
    }
    return this.#bytes <= limitBytes;
  }
}
