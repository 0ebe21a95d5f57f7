import type { IncomingMessage, ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import {
  isJsonObject,
  parseJson,
  systemClock,
  type Clock,
  type Json,
  type JsonObject,
} from '../../base/index.ts';
import { anthropicWire } from './anthropic/wire.ts';
import { toAnswerFunction, type AnswerFunction } from './answer.ts';
import { googleWire } from './google/wire.ts';
import { Ledger } from './ledger.ts';
import { chatWire } from './openai-compatible/wire.ts';
import { responsesWire } from './openai/wire.ts';
import { responseOutlet } from './outlet.ts';
import { play } from './play.ts';
import type { PlayerOptions } from './player.ts';
import type { Ending, ReceivedRequest, RefusedRequest } from './request.ts';
import { estimateTokens } from './tokens.ts';
import type { Failure, HttpAnswer, Wire, WireKind } from './wire.ts';

export const WIRES: Readonly<Record<WireKind, Wire>> = {
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

/** One HTTP request and the place for its answer. */
interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
}

type Refusal = Failure & { readonly problems?: readonly string[] };

/** Takes requests apart: refuses those that a real provider refuses, and lets the script answer the others. */
export class LoopbackProvider {
  readonly requests: ReceivedRequest[] = [];
  readonly refusals: RefusedRequest[] = [];
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
    const { pathname: path, searchParams: query } = new URL(req.url ?? '/', 'http://127.0.0.1');
    const exchange = { req, res, path, query };
    if (req.method === 'GET') return this.#listModels(exchange);
    for (const wire of Object.values(WIRES)) {
      const route = wire.route(path);
      if (route !== undefined) return this.#receive(wire, exchange, route);
    }
    sendUnknown(exchange);
  }

  #listModels(exchange: Exchange): void {
    const { req, res, path } = exchange;
    const v1 = 'anthropic-version' in req.headers ? anthropicWire : responsesWire;
    const wire = path.startsWith(googleWire.basePath) ? googleWire : v1;
    if (path !== `${wire.basePath}/models`) return sendUnknown(exchange);
    const failure = this.#keyFailure(wire, exchange);
    if (failure === undefined) sendJson(res, 200, wire.models(this.#models ?? ['test-model']));
    else sendFailure(res, wire, failure);
  }

  /** A model that the path names becomes part of the body, so that the body alone can be checked. */
  async #receive(wire: Wire, exchange: Exchange, inPath: { readonly model?: string }): Promise<void> {
    const parsed = parseJson(await readText(exchange.req));
    const value = parsed.ok ? parsed.value : undefined;
    const body = isJsonObject(value) ? { ...inPath, ...value } : value;
    const refusal = this.#keyFailure(wire, exchange) ?? this.#bodyRefusal(wire, body);
    if (refusal !== undefined) this.#refuse(wire, exchange.res, { body, refusal });
    else await this.#respond(wire, exchange, body as JsonObject);
  }

  #keyFailure(wire: Wire, { req, query }: Exchange): Failure | undefined {
    const found = wire.key(req.headers, query);
    if ('status' in found) return found;
    return found.key === this.apiKey ? undefined : { status: 401, reason: 'bad-key' };
  }

  #bodyRefusal(wire: Wire, body: Json | undefined): Refusal | undefined {
    if (!isJsonObject(body))
      return { status: 400, message: 'We could not parse the JSON body of your request.' };
    const problems = wire.problems(body);
    if (problems.length > 0) return { status: 400, message: problems[0], problems };
    const unknown = this.#models !== undefined && !this.#models.includes(modelOf(body));
    if (unknown) return { status: 404, reason: 'unknown-model' };
    if (wire.summary(body).streaming) return undefined;
    return { status: 400, message: 'This server only streams: set `stream` to true.' };
  }

  #refuse(wire: Wire, res: ServerResponse, { body, refusal }: { body: unknown; refusal: Refusal }): void {
    const sent = sendFailure(res, wire, refusal);
    const problems = refusal.problems ?? [JSON.stringify(sent.body)];
    this.refusals.push({ kind: wire.kind, status: sent.status, problems, body, at: this.#clock.now() });
    this.ledger.add({ request: 0, kind: 'refused', text: problems.join('\n') });
  }

  async #respond(wire: Wire, { req, res }: Exchange, body: JsonObject): Promise<void> {
    const ended = Promise.withResolvers<Ending>();
    const request: ReceivedRequest = {
      n: this.requests.length + 1,
      kind: wire.kind,
      model: modelOf(body),
      headers: req.headers,
      body,
      rounds: wire.summary(body).rounds,
      text: wire.summary(body).text,
      at: this.#clock.now(),
      ended: ended.promise,
    };
    this.requests.push(request);
    this.ledger.add({ request: request.n, kind: 'request', text: `${wire.kind} ${request.model}` });
    const ending = await this.#play(request, this.#playerOptions(wire, res, request));
    this.ledger.add({ request: request.n, kind: 'ended', text: ending });
    ended.resolve(ending);
  }

  #playerOptions(wire: Wire, res: ServerResponse, { n, model, body, at }: ReceivedRequest): PlayerOptions {
    const inputTokens = estimateTokens(JSON.stringify(body));
    return {
      encoder: wire.encoder({ model, body, id: newAnswerId(), inputTokens, at }),
      outlet: responseOutlet({ res, wire, ledger: this.ledger, n }),
      clock: this.#clock,
      inputTokens,
    };
  }

  async #play(request: ReceivedRequest, options: PlayerOptions): Promise<Ending> {
    try {
      return await play(await this.answer(request, request.n), options);
    } catch (error) {
      if (options.outlet.signal.aborted) return 'abandoned';
      options.outlet.refuse({ status: 500, message: `The script failed: ${String(error)}` });
      return 'broken';
    }
  }
}

/** Every format's check has seen to it that the model is text. */
const modelOf = (body: JsonObject): string => body['model'] as string;

/** Looks like the ids of the real services: opaque, alphanumeric. */
const newAnswerId = (): string => crypto.randomUUID().replaceAll('-', '').slice(0, 16);

function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function sendFailure(res: ServerResponse, wire: Wire, failure: Failure): HttpAnswer {
  const answer = wire.refusal(failure);
  for (const [name, value] of Object.entries(answer.headers)) res.setHeader(name, value);
  sendJson(res, answer.status, answer.body);
  return answer;
}

function sendUnknown({ req, res, path }: Exchange): void {
  const message = `Unknown request URL: ${req.method} ${path}. Please check the URL for typos.`;
  sendJson(res, 404, { error: { message, type: 'invalid_request_error', param: null, code: 'unknown_url' } });
}
