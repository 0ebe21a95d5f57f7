// What went wrong, in whatever shape it arrived: an HTTP refusal, an error event inside a stream, a broken connection, a line
// that is no JSON. Everything here is read by shape, never by class: the errors come from code that is loaded lazily.
import { isJsonObject } from '../../base/index.ts';

export interface Problem {
  readonly message: string;
  readonly status?: number;
  /** The provider's own word for it: `rate_limit_error`, `context_length_exceeded`. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The whole answer, to look for what the message does not say. */
  readonly body?: string;
  /** It could not be understood, rather than refused. */
  readonly malformed?: boolean;
  /** There is no connection, or it broke. */
  readonly connection?: boolean;
}

const CONNECTION =
  /^(ECONN|EPIPE|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENET|UND_ERR_|ERR_TLS|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/;

/** Depth to which causes are looked through; deeper ones add nothing for people. */
const DEPTH = 5;

export function problemOf(error: unknown): Problem {
  if (typeof error === 'string') return { message: error };
  if (typeof error !== 'object' || error === null) return { message: String(error) };
  const shape = error as Record<string, unknown>;
  const status = httpStatus(shape['statusCode']) ?? httpStatus(shape['status']) ?? httpStatus(shape['code']);
  const broken = brokenConnection(error);
  const type = [shape['code'], shape['type']].filter((word) => typeof word === 'string').join(' ');
  const body = typeof shape['responseBody'] === 'string' ? shape['responseBody'] : undefined;
  return {
    message: broken ?? text(shape['message']) ?? 'no reason given',
    ...(status === undefined ? {} : { status }),
    ...(type === '' ? {} : { type }),
    ...(isJsonObject(shape['responseHeaders'])
      ? { headers: shape['responseHeaders'] as Readonly<Record<string, string>> }
      : {}),
    ...(body === undefined ? {} : { body }),
    ...(status === undefined && broken !== undefined ? { connection: true } : {}),
    ...(isMalformed(shape) ? { malformed: true } : {}),
  };
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

function httpStatus(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && number >= 400 && number <= 599 ? number : undefined;
}

const isMalformed = (shape: Record<string, unknown>): boolean =>
  /JSONParse|TypeValidation|InvalidResponseData|SyntaxError/.test(text(shape['name']) ?? '');

/** What broke the connection, from the first cause that knows. */
function brokenConnection(error: unknown): string | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < DEPTH && typeof current === 'object' && current !== null; depth++) {
    const { code, message, cause, errors } = current as Record<string, unknown>;
    if (typeof code === 'string' && CONNECTION.test(code)) return text(message) ?? code;
    if (message === 'terminated' && cause === undefined) return message;
    current = cause ?? (Array.isArray(errors) ? (errors as unknown[])[0] : undefined);
  }
  return undefined;
}
