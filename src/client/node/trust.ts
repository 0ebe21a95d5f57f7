// Browsers and the WebSocket of Node trust what their system trusts. A daemon on another machine of one's own has often a certificate that only
// its owner knows.
import { WebSocket } from 'ws';
import type { WebSocketClass } from '../index.ts';

export interface Trust {
  /** Certificates in PEM that are trusted, and no others. */
  readonly ca: string | readonly string[];
}

/** For `connectWebSocket({ webSocket })`: a host whose certificate is not trusted, or is for another name, is refused as `forbidden`. */
export function webSocketTrusting({ ca }: Trust): WebSocketClass {
  const trusted = typeof ca === 'string' ? ca : [...ca];
  return class extends WebSocket {
    constructor(url: string) {
      super(url, { ca: trusted });
    }
  };
}
