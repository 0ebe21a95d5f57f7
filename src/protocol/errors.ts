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

const row = (rpc: number, http: number, retry: Retry, meaning: string, remedy: string): ErrorRow => ({
  rpc,
  http,
  retry,
  meaning,
  remedy,
});

export const ERRORS = {
  invalid_params: row(
    -32602,
    400,
    'never',
    'A value that came in is not what is allowed there.',
    'The message names the value and its bounds: correct it and ask again.',
  ),
  not_found: row(
    -32001,
    404,
    'never',
    'The thing that was named does not exist, or not for you.',
    'List what there is (`carrel list --all`) and use an id.',
  ),
  already_exists: row(
    -32002,
    409,
    'never',
    'The name is taken.',
    'Choose another name, or use the session that has it.',
  ),
  conflict: row(
    -32003,
    409,
    'never',
    'The request does not fit the state it meets.',
    'The message says what stands in the way; look at the session (`carrel show`) and ask again.',
  ),
  limit_reached: row(
    -32004,
    429,
    'never',
    'A configured bound would be exceeded.',
    'The message names the bound and its key: free something, or raise it in the configuration.',
  ),
  overloaded: row(
    -32005,
    503,
    'later',
    'There is no free slot, or a queue is full.',
    'Ask again after `retryAfterMs`.',
  ),
  unauthorized: row(
    -32006,
    401,
    'never',
    'There is no valid token with the request.',
    'Use the token of this home, or ask for one.',
  ),
  forbidden: row(
    -32007,
    403,
    'never',
    'This is not permitted, by mode, rule, scope or trust.',
    'The message names what denied it: change that, or ask for something else.',
  ),
  cancelled: row(
    -32008,
    499,
    'never',
    'It was cancelled before it ended.',
    'Nothing, if you cancelled it; else ask again.',
  ),
  timeout: row(
    -32009,
    504,
    'later',
    'A deadline passed.',
    'Ask again, or raise the deadline that the message names.',
  ),
  model_unavailable: row(
    -32010,
    503,
    'elsewhere',
    'No such model, or none is configured, or its key is missing.',
    'Run `carrel setup`, set a key, or name a model (`-m PROVIDER/MODEL`).',
  ),
  provider_failed: row(
    -32011,
    502,
    'elsewhere',
    'The provider refused the request, failed, or could not be reached.',
    'The message carries its answer. `carrel doctor` checks the connection; `carrel continue` goes on.',
  ),
  tool_failed: row(
    -32012,
    500,
    'never',
    'A tool ended with an error.',
    'The message carries the error; the model has seen it too.',
  ),
  store_unavailable: row(
    -32013,
    503,
    'later',
    'The store cannot write: the disk is full, read-only or failing.',
    'Make room or restore the permission. Reading goes on meanwhile and nothing acknowledged is lost.',
  ),
  store_corrupt: row(
    -32014,
    500,
    'never',
    'The stored data is damaged.',
    'Run `carrel doctor`; it says which sessions are affected.',
  ),
  home_in_use: row(
    -32015,
    409,
    'later',
    'Another process is writing to this home.',
    'The message names its pid: use that process, wait for its end, or set another CARREL_HOME.',
  ),
  version_mismatch: row(
    -32016,
    409,
    'never',
    'The data or the other side is of a version this program does not know.',
    'Upgrade this program, or restore the backup that the migration made.',
  ),
  cursor_invalid: row(
    -32017,
    410,
    'never',
    'The cursor does not belong to this journal.',
    'Read again from the `seq` that the error gives.',
  ),
  internal: row(
    -32603,
    500,
    'never',
    'A bug in Carrel: an invariant is broken.',
    'Report it with the message; the session restarts from its journal.',
  ),
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
