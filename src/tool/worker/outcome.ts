// A result is cut where it was made: what the host takes over must be small already.
import { cutStart } from '../../base/index.ts';
import { isErrorCode, type ErrorInfo } from '../../protocol/errors.ts';
import type { ToolResult } from '../port.ts';
import { BoundedOutput } from '../sandbox/bounded-output.ts';
import { MESSAGE_LENGTH } from './messages.ts';

/** What a tool returned, as a result of at most `outputBytes`. Throws when it is neither a text nor a result. */
export function resultOf(value: unknown, outputBytes: number): ToolResult {
  if (typeof value === 'string') return bounded({ ok: true, text: value }, outputBytes);
  const { ok, text, cut, error, retryable, unconfirmed } = Object(value) as Partial<
    ToolResult & { ok: false }
  > & {
    ok?: boolean;
  };
  if (typeof text !== 'string' || typeof ok !== 'boolean')
    throw new TypeError(`it returned ${kindOf(value)}: return a text, or { ok, text }`);
  const was = cut === true ? { cut } : {};
  if (ok) return bounded({ ok, text, ...was }, outputBytes);
  const failure = { ok, text, ...was, error: errorOf(error, text), retryable: retryable === true };
  return bounded(unconfirmed === true ? { ...failure, unconfirmed } : failure, outputBytes);
}

/** An error as one line for people: its first line, and where it was thrown. */
export function describe(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  const [first = '', ...frames] = text.split('\n');
  const place = frames.find((line) => line.trimStart().startsWith('at '));
  return cutStart(place === undefined ? first : `${first} (${place.trim()})`, MESSAGE_LENGTH);
}

function bounded<T extends ToolResult>(result: T, outputBytes: number): T {
  if (Buffer.byteLength(result.text) <= outputBytes) return result;
  const output = new BoundedOutput(outputBytes);
  output.push(Buffer.from(result.text));
  return { ...result, text: output.text(), cut: true };
}

function errorOf(error: unknown, text: string): ErrorInfo {
  const { code, message } = Object(error) as Partial<ErrorInfo>;
  return {
    code: isErrorCode(code) ? code : 'tool_failed',
    message: cutStart(typeof message === 'string' && message !== '' ? message : text, MESSAGE_LENGTH),
  };
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'an object without ok and text' : `a ${typeof value}`;
}
