import { Client } from './client.ts';
import { openRemoteLink, type RemoteOptions } from './remote/link.ts';
import { webSocketTo, type WebSocketClass } from './remote/web-socket.ts';

export interface WebSocketOptions extends RemoteOptions {
  /** `ws://127.0.0.1:PORT` or `wss://HOST`; `http` and `https` are taken as well. */
  readonly url: string;
  /** Default the platform's. */
  readonly webSocket?: WebSocketClass;
}

/**
 * A host behind a WebSocket, from a program or a browser. Rejects after one try: `host_unavailable`, `unauthorized`,
 * `version_mismatch`, `invalid_params`. Once connected it comes back by itself.
 */
export async function connectWebSocket({ url, webSocket, ...options }: WebSocketOptions): Promise<Client> {
  return new Client(await openRemoteLink(webSocketTo(url, webSocket), options), options);
}
