import type { JsonObject } from '../base/index.ts';
import type { ErrorCode } from '../protocol/index.ts';
import type { ModelFailure, ModelPart } from './port.ts';

type FailedPart = Extract<ModelPart, { type: 'failed' }>;

export interface FailureDetails {
  readonly data?: JsonObject;
  /** Default false. */
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
}

export function failure(code: ErrorCode, message: string, details: FailureDetails = {}): ModelFailure {
  const { data, retryable = false, retryAfterMs } = details;
  return {
    code,
    message,
    retryable,
    ...(data === undefined ? {} : { data }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

export function failed(...args: Parameters<typeof failure>): FailedPart {
  return { type: 'failed', failure: failure(...args) };
}

/** The last part of every stream whose signal aborted. */
export function cancelled(model: string): FailedPart {
  return failed('cancelled', `the request to ${model} was cancelled`);
}
