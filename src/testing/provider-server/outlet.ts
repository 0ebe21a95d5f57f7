import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Ledger } from './ledger.ts';
import type { Outlet } from './player.ts';
import type { Wire } from './wire.ts';

interface Options {
  readonly res: ServerResponse;
  readonly wire: Wire;
  readonly ledger: Ledger;
  /** The request's number. */
  readonly n: number;
}

function leavingSignal(res: ServerResponse): AbortSignal {
  const leaving = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) leaving.abort(new Error('the client left'));
  });
  return leaving.signal;
}

/** Sends one answer as a stream of server-sent events over HTTP. */
export function responseOutlet({ res, wire, ledger, n }: Options): Outlet {
  const signal = AbortSignal.any([leavingSignal(res)]);
  res.socket?.setNoDelay(true);
  return {
    signal,
    async write(bytes) {
      if (!res.headersSent) {
        res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
        res.flushHeaders();
      }
      if (bytes.length > 0 && !res.write(bytes)) await once(res, 'drain', { signal });
    },
    refuse(failure) {
      const { status, headers, body } = wire.refusal(failure);
      if (!res.headersSent) res.writeHead(status, { 'content-type': 'application/json', ...headers });
      res.end(JSON.stringify(body));
    },
    end: () => void res.end(),
    reset: () => void res.socket?.resetAndDestroy(),
    note: (kind, text) => ledger.add({ request: n, kind, text }),
  };
}
