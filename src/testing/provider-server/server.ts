// A provider on loopback: the four wire formats, scripted, with everything it sends written down.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toAnswerFunction, type Script } from './answer.ts';
import type { Ledger } from './ledger.ts';
import { LoopbackProvider, WIRES, type ProviderServerOptions } from './provider.ts';
import type { ReceivedRequest, RefusedRequest } from './request.ts';
import type { WireKind } from './wire.ts';

export interface ProviderServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly apiKey: string;
  /** What a provider of this kind is configured with. */
  baseUrl(kind: WireKind): string;
  /** Replaces the script for requests to come. Before the first one, every request gets status 500. */
  script(script: Script): void;
  readonly ledger: Ledger;
  /** Requests that were accepted, in order. */
  readonly requests: readonly ReceivedRequest[];
  /** Requests that a real provider would have refused, and why. */
  readonly refusals: readonly RefusedRequest[];
  /** Destroys what is open and stops listening. Idempotent. */
  close(): Promise<void>;
}

async function stop(server: Server, provider: LoopbackProvider): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
  provider.ledger[Symbol.dispose]();
}

/** Listens on 127.0.0.1 at a free port. The caller closes it. */
export async function startProviderServer(options: ProviderServerOptions = {}): Promise<ProviderServer> {
  const provider = new LoopbackProvider(options);
  const server = createServer((req, res) => {
    provider.serve(req, res).catch((error: unknown) => res.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): Promise<void> => stop(server, provider);
  return {
    url,
    apiKey: provider.apiKey,
    baseUrl: (kind) => url + WIRES[kind].basePath,
    script: (script) => {
      provider.answer = toAnswerFunction(script);
    },
    ledger: provider.ledger,
    requests: provider.requests,
    refusals: provider.refusals,
    close,
    [Symbol.asyncDispose]: close,
  };
}
