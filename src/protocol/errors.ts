// Errors have one identity: the code. Never `instanceof`, never the message: errors cross threads, processes and wires.
import type { Json } from '../base/index.ts';

/** When the same request may work: never; later, unchanged; elsewhere, for instance with another model. */
export type Retry = 'never' | 'later' | 'elsewhere';

interface ErrorRow {
  /** JSON-RPC error number. */
  readonly rpc: number;
  readonly http: number;
  readonly retry: Retry;
  /** What happened, in general. The message of an occurrence names the thing, the value, the bound and what to do. */
  readonly meaning: string;
  /** What to do, for the reference. */
  readonly remedy: string;
}

export const ERRORS = {
  invalid_params: {
    rpc: -32602,
    http: 400,
    retry: 'never',
    meaning: 'A value that came in is not what is allowed there.',
    remedy: 'The message names the value and its bounds: correct it and ask again.',
  },
  not_found: {
    rpc: -32001,
    http: 404,
    retry: 'never',
    meaning: 'The thing that was named does not exist, or not for you.',
    remedy:
      'The message names what was looked for; list what there is, for sessions with `carrel list --all`.',
  },
  already_exists: {
    rpc: -32002,
    http: 409,
    retry: 'never',
    meaning: 'The name is taken.',
    remedy: 'Choose another name, or use the session that has it.',
  },
  conflict: {
    rpc: -32003,
    http: 409,
    retry: 'never',
    meaning: 'The request does not fit the state it meets.',
    remedy: 'The message says what stands in the way; look at the session (`carrel show`) and ask again.',
  },
  limit_reached: {
    rpc: -32004,
    http: 429,
    retry: 'never',
    meaning: 'A configured bound would be exceeded.',
    remedy: 'The message names the bound and its key: free something, or raise it in the configuration.',
  },
  overloaded: {
    rpc: -32005,
    http: 503,
    retry: 'later',
    meaning: 'There is no free slot, or a queue is full.',
    remedy: 'Ask again after `retryAfterMs`.',
  },
  unauthorized: {
    rpc: -32006,
    http: 401,
    retry: 'never',
    meaning: 'There is no valid token with the request.',
    remedy: 'Use the token of this home, or ask for one.',
  },
  forbidden: {
    rpc: -32007,
    http: 403,
    retry: 'never',
    meaning: 'This is not permitted, by mode, rule, scope or trust.',
    remedy: 'The message names what denied it: change that, or ask for something else.',
  },
  cancelled: {
    rpc: -32008,
    http: 499,
    retry: 'never',
    meaning: 'It was cancelled before it ended.',
    remedy: 'Nothing, if you cancelled it; else ask again.',
  },
  timeout: {
    rpc: -32009,
    http: 504,
    retry: 'later',
    meaning: 'A deadline passed.',
    remedy: 'Ask again, or raise the deadline that the message names.',
  },
  model_unavailable: {
    rpc: -32010,
    http: 503,
    retry: 'elsewhere',
    meaning: 'No such model, or none is configured, or its key is missing.',
    remedy: 'Run `carrel setup`, set a key, or name a model (`-m PROVIDER/MODEL`).',
  },
  provider_failed: {
    rpc: -32011,
    http: 502,
    retry: 'elsewhere',
    meaning: 'The provider refused the request, failed, or could not be reached.',
    remedy:
      'The message carries its answer. `carrel doctor` checks the connection; `carrel continue` goes on.',
  },
  tool_failed: {
    rpc: -32012,
    http: 500,
    retry: 'never',
    meaning: 'A tool ended with an error.',
    remedy: 'The message carries the error; the model has seen it too.',
  },
  store_unavailable: {
    rpc: -32013,
    http: 503,
    retry: 'later',
    meaning: 'The store cannot write: the disk is full, read-only or failing.',
    remedy:
      'Make room or restore the permission. Reading goes on meanwhile and nothing acknowledged is lost.',
  },
  store_corrupt: {
    rpc: -32014,
    http: 500,
    retry: 'never',
    meaning: 'The stored data is damaged.',
    remedy: 'Run `carrel doctor`; it says which sessions are affected.',
  },
  home_in_use: {
    rpc: -32015,
    http: 409,
    retry: 'later',
    meaning: 'Another process is writing to this home.',
    remedy: 'The message names its pid: use that process, wait for its end, or set another CARREL_HOME.',
  },
  version_mismatch: {
    rpc: -32016,
    http: 409,
    retry: 'never',
    meaning: 'The data or the other side is of a version this program does not know.',
    remedy: 'Upgrade this program, or restore the backup that the migration made.',
  },
  cursor_invalid: {
    rpc: -32017,
    http: 410,
    retry: 'never',
    meaning: 'The cursor does not belong to this journal.',
    remedy: 'Read again from the `seq` that the error gives.',
  },
  host_unavailable: {
    rpc: -32018,
    http: 503,
    retry: 'later',
    meaning: 'The host cannot be reached, or the connection to it was lost.',
    remedy: 'The message names its address and the reason: see that it runs there, then ask again.',
  },
  internal: {
    rpc: -32603,
    http: 500,
    retry: 'never',
    meaning: 'A bug in Carrel: an invariant is broken.',
    remedy: 'Report it with the message; the session restarts from its journal.',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** An error as it crosses a process or is kept in a journal. Never carries a secret. */
export interface ErrorInfo {
  readonly code: ErrorCode;
  readonly message: string;
  readonly data?: { readonly [key: string]: Json } | undefined;
}

/** The one error class. Branch on `code`; `cause` is kept for logs. */
export class CarrelError extends Error {
  readonly code: ErrorCode;
  readonly data: { readonly [key: string]: Json };

  constructor(
    code: ErrorCode,
    message: string,
    options: { data?: { readonly [key: string]: Json }; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CarrelError';
    this.code = code;
    this.data = options.data ?? {};
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value);
}

/** The code of anything thrown: its own when it has one of ours, else `internal`. */
export function codeOf(error: unknown): ErrorCode {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return isErrorCode(code) ? code : 'internal';
}

/** Anything thrown, as plain data. */
export function toErrorInfo(error: unknown): ErrorInfo {
  const message = error instanceof Error ? error.message : String(error);
  const data = error instanceof CarrelError && Object.keys(error.data).length > 0 ? { data: error.data } : {};
  return { code: codeOf(error), message, ...data };
}

export function fromErrorInfo(info: ErrorInfo, cause?: unknown): CarrelError {
  return new CarrelError(info.code, info.message, {
    ...(info.data === undefined ? {} : { data: info.data }),
    ...(cause === undefined ? {} : { cause }),
  });
}
