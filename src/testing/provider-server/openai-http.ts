// What OpenAI's two formats share: keys, error bodies, the list of models.
import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../base/index.ts';
import type { Failure, HttpAnswer } from './wire.ts';

export function bearerKey(headers: IncomingHttpHeaders): { key: string } | Failure {
  const [, key] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
  return key === undefined ? { status: 401, reason: 'no-key' } : { key };
}

interface ErrorWords {
  readonly message: string;
  readonly type: string;
  readonly code: string | null;
}

const INVALID = 'invalid_request_error';

const BY_REASON: Readonly<Record<string, ErrorWords>> = {
  'no-key': {
    message:
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    type: INVALID,
    code: null,
  },
  'bad-key': { message: 'Incorrect API key provided.', type: INVALID, code: 'invalid_api_key' },
  'unknown-model': {
    message: 'The model does not exist or you do not have access to it.',
    type: INVALID,
    code: 'model_not_found',
  },
  overflow: {
    message: 'Your input exceeds the context window of this model. Please adjust your input and try again.',
    type: INVALID,
    code: 'context_length_exceeded',
  },
};

const BY_STATUS: Readonly<Record<number, ErrorWords>> = {
  429: { message: 'Rate limit reached for requests', type: 'requests', code: 'rate_limit_exceeded' },
  503: {
    message: 'The engine is currently overloaded, please try again later',
    type: 'service_unavailable_error',
    code: 'server_is_overloaded',
  },
};

const SERVER_ERROR: ErrorWords = {
  message: 'The server had an error while processing your request. Sorry about that!',
  type: 'server_error',
  code: 'server_error',
};

export function openaiErrorWords({ status, message, reason }: Failure): ErrorWords {
  const other = status < 500 ? { message: 'Invalid request.', type: INVALID, code: null } : SERVER_ERROR;
  const words = BY_REASON[reason ?? ''] ?? BY_STATUS[status] ?? other;
  const sealed = message?.startsWith('The encrypted content') === true;
  return {
    ...words,
    ...(message === undefined ? {} : { message }),
    ...(sealed ? { code: 'invalid_encrypted_content' } : {}),
  };
}

export function openaiRefusal(failure: Failure): HttpAnswer {
  const { message, type, code } = openaiErrorWords(failure);
  return {
    status: failure.status,
    headers: failure.retryAfter === undefined ? {} : { 'retry-after': String(failure.retryAfter) },
    body: { error: { message, type, param: null, code } },
  };
}

export function openaiModels(ids: readonly string[]): JsonObject {
  return {
    object: 'list',
    data: ids.map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'test' })),
  };
}
