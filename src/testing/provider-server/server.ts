// A provider on loopback: the four wire formats, scripted, with everything it sends written down.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { isJsonObject, parseJson, systemClock, type Clock, type JsonObject } from '../../base/index.ts';
import { anthropicWire } from './anthropic/wire.ts';
import { toAnswerFunction, type AnswerFunction, type Script } from './answer.ts';
import { googleWire } from './google/wire.ts';
import { Ledger } from './ledger.ts';
import { chatWire } from './openai-compatible/wire.ts';
import { responsesWire } from './openai/wire.ts';
import { responseOutlet } from './outlet.ts';
import { play } from './play.ts';
import type { Ending, ReceivedRequest, RefusedRequest } from './request.ts';
import type { Failure, Wire, WireKind } from './wire.ts';

const WIRES: Readonly<Record<WireKind, Wire>> = {
  openai: responsesWire,
  'openai-compatible': chatWire,
  anthropic: anthropicWire,
  google: googleWire,
};

export interface ProviderServerOptions {
  /** The only key that is let in; default `test-key`. */
  readonly apiKey?: string;
  /** The models there are; without it every name is served, and `test-model` is listed. */
  readonly models?: readonly string[];
  /** Every ledger entry is appended here as a JSON line before the next chunk is sent. */
  readonly ledgerFile?: string;
  readonly clock?: Clock;
}

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

interface Incoming {
  readonly wire: Wire;
  readonly model: string | undefined;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly query: URLSearchParams;
}

class LoopbackProvider {
  readonly requests: ReceivedRequest[] = [];
  readonly refusals: RefusedRequest[] = [];
  closed = false;
  readonly ledger: Ledger;
  readonly apiKey: string;
  answer: AnswerFunction = toAnswerFunction([{ status: 500, message: 'There is no script.' }]);
  readonly #models: readonly string[] | undefined;
  readonly #clock: Clock;

  constructor({ apiKey = 'test-key', models, ledgerFile, clock = systemClock }: ProviderServerOptions) {
    this.apiKey = apiKey;
    this.#models = models;
    this.#clock = clock;
    this.ledger = new Ledger(ledgerFile);
  }

  async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(req.url ?? '/', 'http://127.0.0.1');
    if (req.method === 'GET') return this.#listModels({ req, res, query, path: pathname });
    for (const wire of Object.values(WIRES)) {
      const route = wire.route(pathname);
      if (route !== undefined && req.method === 'POST')
        return this.#receive({ wire, model: route.model, req, res, query });
    }
    sendJson(res, 404, {
      error: { message: `Unknown request URL: ${req.method} ${pathname}.`, type: 'invalid_request_error' },
    });
  }

  #listModels({
    req,
    res,
    query,
    path,
  }: {
    req: IncomingMessage;
    res: ServerResponse;
    query: URLSearchParams;
    path: string;
  }): void {
    const openaiOr = 'anthropic-version' in req.headers ? anthropicWire : responsesWire;
    const wire = path.startsWith(googleWire.basePath) ? googleWire : openaiOr;
    if (path !== `${wire.basePath}/models`)
      return sendJson(res, 404, { error: { message: `Unknown request URL: ${path}.` } });
    const failure = this.#keyFailure({ wire, model: undefined, req, res, query });
    if (failure !== undefined) return void sendFailure(res, wire, failure);
    sendJson(res, 200, wire.models(this.#models ?? ['test-model']));
  }

  #keyFailure({ wire, req, query }: Incoming): Failure | undefined {
    const found = wire.key(req.headers, query);
    if ('status' in found) return found;
    return found.key === this.apiKey ? undefined : { status: 401, reason: 'bad-key' };
  }

  async #receive(incoming: Incoming): Promise<void> {
    const { wire, req } = incoming;
    const parsed = parseJson(await readText(req));
    const value = parsed.ok ? parsed.value : undefined;
    const body =
      isJsonObject(value) && incoming.model !== undefined ? { model: incoming.model, ...value } : value;
    const failure = this.#keyFailure(incoming) ?? this.#bodyFailure(wire, body);
    if (failure !== undefined) return this.#refuse(incoming, body, failure);
    await this.#respond(incoming, body as JsonObject);
  }

  #bodyFailure(wire: Wire, body: unknown): (Failure & { problems?: readonly string[] }) | undefined {
    if (!isJsonObject(body))
      return { status: 400, message: 'We could not parse the JSON body of your request.' };
    const problems = wire.problems(body);
    if (problems.length > 0) return { status: 400, reason: 'invalid', message: problems[0], problems };
    const model = String(body['model']);
    if (this.#models !== undefined && !this.#models.includes(model)) {
      return { status: 404, reason: 'unknown-model' };
    }
    if (!wire.summary(body).streaming)
      return { status: 400, message: 'This server only streams: set `stream` to true.' };
    return undefined;
  }

  #refuse({ wire, res }: Incoming, body: unknown, failure: Failure & { problems?: readonly string[] }): void {
    const sent = sendFailure(res, wire, failure);
    const problems = failure.problems ?? [sent.message];
    this.refusals.push({ kind: wire.kind, status: sent.status, problems, body, at: this.#clock.now() });
    this.ledger.add({ request: 0, kind: 'refused', text: problems.join('\n') });
  }

  async #respond({ wire, req, res }: Incoming, body: JsonObject): Promise<void> {
    const ended = Promise.withResolvers<Ending>();
    const n = this.requests.length + 1;
    const at = this.#clock.now();
    const model = String(body['model']);
    const { rounds, text } = wire.summary(body);
    const request = {
      n,
      kind: wire.kind,
      model,
      headers: req.headers,
      body,
      rounds,
      text,
      at,
      ended: ended.promise,
    };
    this.requests.push(request);
    this.ledger.add({ request: n, kind: 'request', text: `${wire.kind} ${model}` });
    const inputTokens = Math.ceil(JSON.stringify(body).length / 4);
    const outlet = responseOutlet({ res, wire, ledger: this.ledger, n });
    const encoder = wire.encoder({ model, body, id: newAnswerId(), inputTokens, at });
    const ending = await this.#play(request, { encoder, outlet, clock: this.#clock, inputTokens });
    this.ledger.add({ request: n, kind: 'ended', text: ending });
    ended.resolve(ending);
  }

  async #play(request: ReceivedRequest, options: Parameters<typeof play>[1]): Promise<Ending> {
    try {
      return await play(await this.answer(request, request.n), options);
    } catch (error) {
      if (options.outlet.signal.aborted) return 'abandoned';
      options.outlet.refuse({ status: 500, message: `The script failed: ${String(error)}` });
      return 'broken';
    }
  }
}

/** Looks like the ids of the real services: opaque, alphanumeric. */
const newAnswerId = (): string => crypto.randomUUID().replaceAll('-', '').slice(0, 16);

function sendJson(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function sendFailure(res: ServerResponse, wire: Wire, failure: Failure): { status: number; message: string } {
  const { status, headers, body } = wire.refusal(failure);
  sendJson(res, status, body, headers);
  return { status, message: JSON.stringify(body) };
}

async function stop(server: Server, provider: LoopbackProvider): Promise<void> {
  if (provider.closed) return;
  provider.closed = true;
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
