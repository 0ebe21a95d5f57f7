import { oneLine } from '../../base/index.ts';
import { failed, failure } from '../failure.ts';
import type { ModelFailure, ModelPart } from '../port.ts';
import { DEFAULT_BASE_URL, type ProviderOptions } from './options.ts';
import { problemOf, type Problem } from './problem.ts';
import { retryAfterMs } from './retry-after.ts';

/** Longest text of a provider that a message repeats: enough for its reason, too little for an echoed prompt. */
const MESSAGE_LIMIT = 500;

/** How providers and servers say that a request is longer than the window. */
const OVERFLOW = [
  /context_length_exceeded|exceed_context_size|request_too_large/i,
  /(maximum|max|available) (context|prompt) (length|size)/i,
  /context (length|window|size).{0,40}(exceed|overflow|too (long|small|large))/i,
  /(exceed\w*|greater than).{0,40}context (length|window|size|limit)/i,
  /prompt is too long|prompt too long|input is too long|too many (input )?tokens/i,
  /exceeds the maximum number of tokens|reduce the length of the (messages|prompt|input)/i,
];

/** Gemini calls a wrong key a bad request. */
const BAD_KEY = /API_KEY_INVALID|API key not valid/;

const QUOTA = /insufficient_quota|billing_(error|hard_limit)|credit balance|out of credits/i;

/** A try later may succeed: timeouts, conflicts, rates, and the provider's own faults. */
const isTransient = (status: number): boolean => [408, 409, 425, 429].includes(status) || status >= 500;

export interface FailureContext {
  readonly provider: ProviderOptions;
  readonly model: string;
  readonly nowMs: number;
}

/** What a request failed with. Never carries the provider's key, nor any value of its configured headers. */
export function providerFailure(error: unknown, context: FailureContext): ModelFailure {
  const problem = problemOf(error);
  const { reason, message, retryable, code = 'provider_failed' } = classify(problem, context);
  const wait = retryAfterMs(problem.headers ?? {}, context.nowMs) ?? googleDelayMs(problem.body);
  return failure(code, scrub(message, context.provider), {
    data: { reason, ...(problem.status === undefined ? {} : { status: problem.status }) },
    retryable,
    ...(wait === undefined || !retryable ? {} : { retryAfterMs: wait }),
  });
}

/** The last part of an answer that its provider broke off without an error, for the reason it gave, if any. */
export const incomplete = (provider: string, reason?: string): ModelPart =>
  failed(
    'provider_failed',
    `${provider} ended the answer before it was whole: ${reason ?? 'it gave no reason'}`,
    {
      retryable: true,
      data: { reason: 'incomplete' },
    },
  );

interface Class {
  readonly reason: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly code?: 'model_unavailable';
}

function classify(problem: Problem, { provider, model }: FailureContext): Class {
  const { name } = provider;
  const { status, malformed = false } = problem;
  const said = oneLine(problem.message, MESSAGE_LIMIT);
  const everything = `${problem.message} ${problem.type ?? ''} ${problem.body ?? ''}`;
  const answered = status === undefined ? `${name} ended the answer` : `${name} answered ${status}`;
  if (status !== 429 && OVERFLOW.some((pattern) => pattern.test(everything))) {
    const message = `the request is longer than ${model} reads: ${answered}: ${said}`;
    return { reason: 'context_overflow', message, retryable: false };
  }
  if (problem.connection === true) {
    const where = origin(provider.baseUrl ?? DEFAULT_BASE_URL[provider.kind]);
    return {
      reason: 'connection',
      message: `the connection to ${name} at ${where} failed: ${said}`,
      retryable: true,
    };
  }
  if (malformed)
    return { reason: 'malformed', message: `${name} sent what cannot be read: ${said}`, retryable: true };
  if (status === 401 || status === 403 || (status === 400 && BAD_KEY.test(everything)))
    return { reason: 'key', message: keyMessage(status, provider), retryable: false };
  if (status === 404) {
    const message = `${name} knows no model ${model}, or its baseUrl is wrong: ${answered}: ${said}`;
    return { reason: 'not_found', message, retryable: false, code: 'model_unavailable' };
  }
  if (status === 402 || QUOTA.test(everything))
    return { reason: 'quota', message: `${answered}: ${said}`, retryable: false };
  const reason =
    status === 429 ? 'rate_limit' : status === undefined || status >= 500 ? 'provider' : 'refused';
  return { reason, message: `${answered}: ${said}`, retryable: status === undefined || isTransient(status) };
}

/** Without the provider's own words: they like to repeat a part of the key. */
function keyMessage(status: number, { name, apiKey, apiKeyEnv, brought }: ProviderOptions): string {
  if (brought)
    return `${name} refused the key that the session was handed (${status}): hand it another (session/credentials)`;
  const place = apiKeyEnv === undefined ? `the apiKey of provider ${name} in the configuration` : apiKeyEnv;
  const what = apiKey === undefined ? `${name} wants a key and has none` : `${name} refused the key`;
  return `${what} (${status}): ${apiKey === undefined ? 'set' : 'check'} ${place}`;
}

function origin(baseUrl: string | undefined): string {
  return baseUrl !== undefined && URL.canParse(baseUrl) ? new URL(baseUrl).origin : 'its address';
}

/** Gemini says the wait in the body. */
function googleDelayMs(body: string | undefined): number | undefined {
  const seconds = /"retryDelay":\s*"(\d+(?:\.\d+)?)s"/.exec(body ?? '')?.[1];
  return seconds === undefined ? undefined : Math.round(Number(seconds) * 1000);
}

/** Shortest value that is taken for a secret: shorter ones would tear words out of every message. */
const SHORTEST_SECRET = 6;

function scrub(message: string, { apiKey, headers = {} }: ProviderOptions): string {
  const values = [apiKey ?? '', ...Object.values(headers)].flatMap((value) => value.split(/\s+/));
  const secrets = values.filter((secret) => secret.length >= SHORTEST_SECRET);
  const known = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), message);
  return known.replace(/\S*\*{3,}\S*/g, '***');
}
