// What is asked over HTTP: calls, events, health.
import { Hono, type Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import {
  CarrelError,
  codeOf,
  ERRORS,
  toRpcError,
  type ErrorInfo,
  type RpcId,
  type RpcRequest,
} from '../protocol/index.ts';
import { takeBody } from './body.ts';
import { Caller } from './caller.ts';
import { endsSomething } from './control.ts';
import { LOOPBACK, OPEN_TO_PAGES, refuseForeigner, type OwnNames } from './foreign.ts';
import { streams } from './streams.ts';
import { metrics, ready, type Asking } from './health.ts';
import { readMessage } from './message.ts';
import type { Shared } from './shared.ts';
import { orSlowly } from './slow-answer.ts';
import { told } from './told.ts';
import { openUiMessage, takeUiMessage, UI_HEADERS, uiStream, type UiAnswer } from './ui.ts';
import { MESSAGE_BYTES } from './wire.ts';

interface Known {
  readonly Variables: { caller: Caller };
}

/** `isOutside`: other machines reach it. */
export function httpApp(shared: Shared, own: OwnNames = LOOPBACK, isOutside = false): Hono<Known> {
  const app = new Hono<Known>();
  app.use(async (c, next) => {
    const origin = c.req.header('origin');
    refuseForeigner(shared, { host: c.req.header('host'), origin, origins: shared.origins }, own);
    const isPage = origin !== undefined && shared.origins?.includes(origin.toLowerCase()) === true;
    if (isPage && c.req.method === 'OPTIONS') c.res = c.body(null, 204, OPEN_TO_PAGES);
    else await next();
    if (isPage) c.header('Access-Control-Allow-Origin', origin);
    if (isPage) c.header('Vary', 'Origin');
    c.header('X-Content-Type-Options', 'nosniff');
    if (c.res.headers.get('Cache-Control') === null) c.header('Cache-Control', 'no-store');
  });
  app.onError((error, c) => {
    if (codeOf(error) === 'internal') shared.onFault(`${c.req.method} ${c.req.path}`, error);
    shared.telemetry.refused(codeOf(error));
    return refusal(c, error);
  });
  app.notFound((c) => refusal(c, new CarrelError('not_found', `there is nothing at ${c.req.path}`)));
  app.get('/health/live', (c) => c.json({ live: true }));
  const asking = (c: Context): Asking => ({ c, isOutside, caller: (via) => callerOf(shared, c, via) });
  app.get('/health/ready', (c) => ready(shared, asking(c)));
  app.get('/metrics', (c) => metrics(shared, asking(c)));
  const stream = (name: keyof typeof streams) => async (c: Context<Known>) => {
    const caller = await callerOf(shared, c, 'GET events');
    caller.allowance.request(false);
    return streams[name](shared, c, caller);
  };
  app.get('/sessions/:session/events', stream('session'));
  app.get('/sessions/:session/subtree/events', stream('subtree'));
  app.get('/sessions/events', stream('list'));
  const admitted = async (c: Context<Known>, next: () => Promise<void>): Promise<void> => {
    const caller = await callerOf(shared, c, `${c.req.method} ${c.req.path.split('/', 2).join('/')}`);
    using _ = caller.allowance.call(); // before its body: that may be large
    c.set('caller', caller);
    await next();
  };
  app.post('/ui', admitted, async (c) =>
    ui(shared, c, await takeUiMessage(c.get('caller'), await takeBody(c, MESSAGE_BYTES))),
  );
  app.get('/ui/:session/stream', admitted, async (c) =>
    ui(shared, c, await openUiMessage(c.get('caller'), c.req.param('session') ?? '')),
  );
  app.post('/rpc', admitted, (c) => rpc(shared, c, c.get('caller')));
  return app;
}

async function callerOf(shared: Shared, c: Context, via: string): Promise<Caller> {
  const [, token] = /^Bearer +(\S{1,256})$/i.exec(c.req.header('authorization') ?? '') ?? [];
  return new Caller(shared, await shared.gate.admit(token, via));
}

async function rpc(shared: Shared, c: Context, caller: Caller): Promise<Response> {
  const read = readMessage(await takeBody(c, MESSAGE_BYTES));
  if (!read.ok) return c.json({ jsonrpc: '2.0', id: read.id, error: read.error }, 400);
  return orSlowly(shared.clock, answer(shared, { c, caller, request: read.request }));
}

interface Asked {
  readonly c: Context;
  readonly caller: Caller;
  readonly request: RpcRequest;
}

async function answer(shared: Shared, { c, caller, request }: Asked): Promise<Response> {
  const { id, method, params } = request;
  try {
    caller.allowance.request(endsSomething(method));
    const result = await caller.call(method, params);
    return id === undefined ? c.body(null, 204) : c.json({ jsonrpc: '2.0', id, result });
  } catch (error) {
    const info = told(error);
    if (info.code === 'internal') shared.onFault(method, error);
    return failed(c, id ?? null, info);
  } finally {
    await caller[Symbol.asyncDispose]();
  }
}

function failed(c: Context, id: RpcId | null, info: ErrorInfo): Response {
  withAdvice(c, info);
  return c.json({ jsonrpc: '2.0', id, error: toRpcError(info) }, statusOf(info));
}

function ui(shared: Shared, c: Context<Known>, answer: UiAnswer | undefined): Response {
  return answer === undefined
    ? c.body(null, 204)
    : c.body(uiStream(shared, c.get('caller'), answer), 200, UI_HEADERS);
}

function refusal(c: Context, error: unknown): Response {
  const info = told(error);
  withAdvice(c, info);
  return c.json({ error: info }, statusOf(info));
}

function withAdvice(c: Context, { code, data }: ErrorInfo): void {
  if (code === 'unauthorized') c.header('WWW-Authenticate', 'Bearer');
  const { retryAfterMs } = (data ?? {}) as { readonly retryAfterMs?: unknown };
  if (typeof retryAfterMs === 'number') c.header('Retry-After', String(Math.ceil(retryAfterMs / 1000)));
}

/** 499, of a cancelled request, is a number that only some know. */
function statusOf({ code }: ErrorInfo): ContentfulStatusCode {
  return ERRORS[code].http as ContentfulStatusCode;
}
