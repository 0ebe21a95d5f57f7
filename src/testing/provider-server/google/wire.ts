// The Gemini API.
import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../../base/index.ts';
import { summarize, type Turn } from '../summary.ts';
import { sse, type BodySummary, type Failure, type HttpAnswer, type Wire } from '../wire.ts';
import { GoogleEncoder } from './encoder.ts';
import { googleProblems } from './problems.ts';

const STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

const MESSAGE: Readonly<Record<string, string>> = {
  'no-key':
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  'bad-key': 'API key not valid. Please pass a valid API key.',
  'unknown-model': 'The model is not found for API version v1beta, or is not supported for generateContent.',
  overflow: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
  RESOURCE_EXHAUSTED: 'You exceeded your current quota, please check your plan and billing details.',
  UNAVAILABLE: 'The model is overloaded. Please try again later.',
  INTERNAL:
    'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
};

/** This provider says when to come back in the body, never in a header. */
function details({ reason, retryAfter }: Failure): JsonObject {
  const found = [
    ...(reason === 'bad-key'
      ? [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'API_KEY_INVALID',
            domain: 'googleapis.com',
          },
        ]
      : []),
    ...(retryAfter === undefined
      ? []
      : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfter}s` }]),
  ];
  return found.length === 0 ? {} : { details: found };
}

/** A wrong key is a bad argument here. */
const codeOf = ({ status, reason }: Failure): number => (reason === 'bad-key' ? 400 : status);

function googleError(failure: Failure): JsonObject {
  const code = codeOf(failure);
  const status = STATUS[code] ?? (code < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL');
  const message = failure.message ?? MESSAGE[failure.reason ?? status] ?? status;
  return { error: { code, message, status, ...details(failure) } };
}

function googleRefusal(failure: Failure): HttpAnswer {
  return { status: codeOf(failure), headers: {}, body: googleError(failure) };
}

function googleKey(headers: IncomingHttpHeaders, query: URLSearchParams): { key: string } | Failure {
  const key = headers['x-goog-api-key'] ?? query.get('key');
  return typeof key === 'string' ? { key } : { status: 403, reason: 'no-key' };
}

function route(path: string): { model: string } | undefined {
  const [, model] = /^\/v1beta\/models\/([^/:]+):streamGenerateContent$/.exec(path) ?? [];
  return model === undefined ? undefined : { model: decodeURIComponent(model) };
}

interface Content {
  readonly role?: string;
  readonly parts: readonly { readonly text?: string; readonly functionResponse?: unknown }[];
}

function toTurn({ role, parts }: Content): Turn {
  if (role === 'model') return { role: 'other', text: '' };
  const results = parts.some((part) => part.functionResponse !== undefined);
  return { role: results ? 'results' : 'user', text: parts.map((part) => part.text ?? '').join('') };
}

function googleSummary(body: JsonObject): BodySummary {
  return { streaming: true, ...summarize((body['contents'] as unknown as readonly Content[]).map(toTurn)) };
}

function googleModels(ids: readonly string[]): JsonObject {
  return {
    models: ids.map((id) => ({
      name: `models/${id}`,
      displayName: id,
      supportedGenerationMethods: ['generateContent'],
    })),
  };
}

export const googleWire: Wire = {
  kind: 'google',
  basePath: '/v1beta',
  route,
  key: googleKey,
  problems: googleProblems,
  summary: googleSummary,
  refusal: googleRefusal,
  models: googleModels,
  encoder: (context) => new GoogleEncoder(context, (failure) => sse(googleError(failure))),
};
