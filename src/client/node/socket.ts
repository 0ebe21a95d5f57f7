import { connect, type Socket } from 'node:net';
import { unavailable, type Destination, type Wire, type WireEvents } from '../remote/wire.ts';

/** UTF-16 units of one line: as much as a host lets wait for a client. A longer one never ends. */
const LONGEST_LINE = 64 * 1024 * 1024;

/** Wires over a local socket (a named pipe on Windows): one message a line. */
export function socketAt(path: string): Destination {
  return { address: path, open: (events, signal) => open(path, events, signal) };
}

function open(path: string, events: WireEvents, signal: AbortSignal): Promise<Wire> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Wire>();
  const socket = connect(path);
  const onAbort = (): void => {
    reject(signal.reason as Error);
    socket.destroy();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });
  socket.once('close', () => {
    signal.removeEventListener('abort', onAbort);
    reject(unavailable(path, failure?.message ?? 'it was closed', failure));
  });
  socket.once('connect', () => {
    signal.removeEventListener('abort', onAbort);
    socket.once('close', () => events.onClose(failure?.message ?? 'the other side closed it'));
    readLines(socket, events.onText);
    resolve({ send: (text) => void socket.write(`${text}\n`), close: () => void socket.destroy() });
  });
  return promise;
}

function readLines(socket: Socket, onLine: (line: string) => void): void {
  let begun: string[] = [];
  let length = 0;
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const [first = '', ...rest] = chunk.split('\n');
    begun.push(first);
    length += first.length;
    for (const next of rest) {
      onLine(begun.join(''));
      begun = [next];
      length = next.length;
    }
    if (length > LONGEST_LINE) socket.destroy(new Error(`a line is over ${String(LONGEST_LINE)} characters`));
  });
}
