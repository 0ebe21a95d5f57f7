// Anthropic's Messages API.
import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../../base/index.ts';
import { sign } from '../seal.ts';
import { summarize, type Turn } from '../summary.ts';
import { sse, type BodySummary, type Failure, type HttpAnswer, type Wire } from '../wire.ts';
import { AnthropicEncoder } from './encoder.ts';
import { anthropicProblems } from './problems.ts';

const TYPE: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const MESSAGE: Readonly<Record<string, string>> = {
  'no-key': 'x-api-key header is required',
  'bad-key': 'invalid x-api-key',
  'unknown-model': 'model: not found',
  overflow: 'prompt is too long: 250000 tokens > 200000 maximum',
  rate_limit_error: "This request would exceed your account's rate limit. Please try again later.",
  overloaded_error: 'Overloaded',
  api_error: 'Internal server error',
};

export function anthropicError({ status, message, reason }: Failure): JsonObject {
  const type = TYPE[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return { type: 'error', error: { type, message: message ?? MESSAGE[reason ?? type] ?? type } };
}

function anthropicRefusal(failure: Failure): HttpAnswer {
  const requestId = `req_${sign(String(failure.status)).slice(4, 28)}`;
  const retry = failure.retryAfter === undefined ? {} : { 'retry-after': String(failure.retryAfter) };
  return {
    status: failure.status,
    headers: { 'request-id': requestId, ...retry },
    body: { ...anthropicError(failure), request_id: requestId },
  };
}

function anthropicKey(headers: IncomingHttpHeaders): { key: string } | Failure {
  const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  const key = headers['x-api-key'] ?? bearer;
  if (typeof key !== 'string') return { status: 401, reason: 'no-key' };
  if (headers['anthropic-version'] === undefined)
    return { status: 400, message: 'anthropic-version: header is required' };
  return { key };
}

interface Message {
  readonly role: string;
  readonly content: string | readonly { readonly type: string; readonly text?: string }[];
}

function toTurn({ role, content }: Message): Turn {
  if (role !== 'user') return { role: 'other', text: '' };
  if (typeof content === 'string') return { role: 'user', text: content };
  const text = content.map((block) => block.text ?? '').join('');
  return { role: content[0]?.type === 'tool_result' ? 'results' : 'user', text };
}

function anthropicSummary(body: JsonObject): BodySummary {
  const turns = (body['messages'] as unknown as readonly Message[]).map(toTurn);
  return { streaming: body['stream'] === true, ...summarize(turns) };
}

function anthropicModels(ids: readonly string[]): JsonObject {
  const data = ids.map((id) => ({ type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' }));
  return { data, has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
}

export const anthropicWire: Wire = {
  kind: 'anthropic',
  basePath: '/v1',
  route: (path) => (path === '/v1/messages' ? {} : undefined),
  key: anthropicKey,
  problems: anthropicProblems,
  summary: anthropicSummary,
  refusal: anthropicRefusal,
  models: anthropicModels,
  encoder: (context) => new AnthropicEncoder(context, (failure) => sse(anthropicError(failure), 'error')),
};
