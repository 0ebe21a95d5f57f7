import { CarrelError } from '../../protocol/index.ts';
import { unavailable, type Destination, type Wire, type WireEvents } from './wire.ts';

/** What is used of a WebSocket: the platform's has it, and so has every package that stands in for it. */
export interface WebSocketLike {
  send(text: string): void;
  close(): void;
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: object) => void): void;
}

export type WebSocketClass = new (url: string) => WebSocketLike;

/**
 * Wires to the host at `url`: `ws:` or `wss:`, or `http:` or `https:` as people know it; without a path, at `/rpc`. `invalid_params` for
 * anything else, and for one with a name, a password or a query, because addresses end up in logs.
 */
export function webSocketTo(url: string, socketClass: WebSocketClass = platformWebSocket()): Destination {
  const address = addressOf(url);
  return { address, open: (events, signal) => open({ address, socketClass }, events, signal) };
}

function platformWebSocket(): WebSocketClass {
  const found = (globalThis as { WebSocket?: unknown }).WebSocket;
  if (typeof found === 'function') return found as WebSocketClass;
  throw new CarrelError('invalid_params', 'This platform has no WebSocket: hand one in as `webSocket`.');
}

function addressOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const bare = parsed !== undefined && parsed.username + parsed.password + parsed.search + parsed.hash === '';
  if (!bare || !/^(ws|http)s?:$/.test(parsed.protocol)) {
    const message =
      'The url must be ws://HOST:PORT, wss://, http:// or https://, without a name, a query or a token in it.';
    throw new CarrelError('invalid_params', message);
  }
  const path = parsed.pathname === '/' ? '/rpc' : parsed.pathname;
  return `${parsed.protocol.replace('http', 'ws')}//${parsed.host}${path}`;
}

function open(
  { address, socketClass }: { address: string; socketClass: WebSocketClass },
  events: WireEvents,
  signal: AbortSignal,
): Promise<Wire> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Wire>();
  const socket = new socketClass(address);
  const onAbort = (): void => {
    reject(signal.reason as Error);
    socket.close();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  let why = 'nothing answers there';
  let distrust: string | undefined;
  let isOpen = false;
  socket.addEventListener('open', () => {
    isOpen = true;
    signal.removeEventListener('abort', onAbort);
    resolve({ send: (text) => socket.send(text), close: () => socket.close() });
  });
  socket.addEventListener('message', (event) => events.onText(String(member(event, 'data'))));
  socket.addEventListener('error', (event) => {
    const message = member(event, 'message');
    if (typeof message === 'string' && message !== '') why = message;
    distrust = distrustOf(event);
  });
  socket.addEventListener('close', (event) => {
    signal.removeEventListener('abort', onAbort);
    reject(distrust === undefined ? unavailable(address, why) : untrusted(address, `${why} (${distrust})`));
    if (isOpen) events.onClose(`the connection was closed (${closing(event)})`);
  });
  return promise;
}

/** How TLS calls a certificate that is not trusted, or is for another name; where the platform says so at all. */
function distrustOf(event: object): string | undefined {
  const error = member(event, 'error');
  const code = typeof error === 'object' && error !== null ? member(error, 'code') : undefined;
  return typeof code === 'string' && /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code)
    ? code
    : undefined;
}

/** Trying again does not help, so it is not `host_unavailable`. */
function untrusted(address: string, why: string): CarrelError {
  const message = `The certificate of the host at ${address} is not trusted: ${why}. Use a name that is in it, and trust its authority (\`ca\`).`;
  return new CarrelError('forbidden', message, { data: { address } });
}

function closing(event: object): string {
  const [code, reason] = [member(event, 'code'), member(event, 'reason')];
  return typeof reason === 'string' && reason !== '' ? `${String(code)} ${reason}` : String(code);
}

/** Events of different makers have different classes. */
function member(event: object, name: string): unknown {
  return (event as Readonly<Record<string, unknown>>)[name];
}
