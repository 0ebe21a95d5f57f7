// The socket of the same user: one message a line. The file system says who may open it, so nobody has to show a token.
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { platform, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { toErrorInfo, toRpcError } from '../protocol/index.ts';
import { openConnection } from './connection.ts';
import { OWNER } from './identity.ts';
import type { Shared } from './shared.ts';
import { oneWrite } from './one-write.ts';
import type { Receiver, Wire } from './wire.ts';

/** Bytes of a socket's path that every system takes (104 on macOS, 108 on Linux). */
const MAX_PATH_BYTES = 100;
/** What was sent last may still be on its way when a wire is closed; ms. */
const LINGER_MS = 1000;
const NEWLINE = 10;
const MOST_PIECES = 4096;

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
  await (platform() === 'win32' ? listening(server, address) : listeningAlone(server, address));
  server.on('error', (error) => shared.onFault('the local socket', error));
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const late = shared.clock.after(LINGER_MS, () => sockets.forEach((socket) => socket.destroy()));
    await closed;
    late[Symbol.dispose]();
    if (platform() !== 'win32') rmSync(address, { force: true });
    if (address !== wanted) rmSync(dirname(address), { recursive: true, force: true });
  };
  return { address, [Symbol.asyncDispose]: close };
}

function fitting(wanted: string): string {
  if (platform() === 'win32' || Buffer.byteLength(wanted) <= MAX_PATH_BYTES) return wanted;
  return join(mkdtempSync(join(tmpdir(), 'carrel-')), basename(wanted));
}

/**
 * The socket is made in a folder that nobody else can enter, and moved when it has its rights: there is no moment in which others could
 * open it, and no moment in which the whole process makes its files with other rights. What a dead process left is replaced.
 */
async function listeningAlone(server: Server, address: string): Promise<void> {
  mkdirSync(dirname(address), { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(dirname(address), '.new-'));
  try {
    const made = join(folder, 's');
    await listening(server, made);
    chmodSync(made, 0o600);
    renameSync(made, address);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function listening(server: Server, address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
    server.listen(address);
  });
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
  const gather = oneWrite(socket);
  return {
    send(text, sent) {
      gather();
      socket.write(`${text}\n`, () => sent());
    },
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
    if (this.#bytes <= limitBytes) {
      this.#begun.push(piece);
      // Each piece costs more than its bytes: a line that comes in single bytes is joined on its way.
      if (this.#begun.length > MOST_PIECES) this.#begun = [Buffer.concat(this.#begun)];
    } else {
      this.#begun = [];
      this.#receiver.refuse(`a line has more than ${String(limitBytes)} bytes`);
    }
    return this.#bytes <= limitBytes;
  }
}
