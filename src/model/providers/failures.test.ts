import { describe, expect, it } from 'vitest';
import { providerFailure } from './failures.ts';
import type { ProviderOptions } from './options.ts';
import { retryAfterMs } from './retry-after.ts';

const KEY = 'sk-test-0123456789';
const provider: ProviderOptions = {
  name: 'acme',
  kind: 'openai',
  baseUrl: 'https://acme.test/v1',
  apiKey: KEY,
  apiKeyEnv: 'ACME_KEY',
  headers: { 'x-team': 'Bearer team-secret-1' },
};

const fail = (error: unknown, more: Partial<ProviderOptions> = {}) =>
  providerFailure(error, { provider: { ...provider, ...more }, model: 'm1', nowMs: 0 });

const http = (statusCode: number, message: string, more: object = {}) =>
  Object.assign(new Error(message), { statusCode, ...more });

describe('provider failures', () => {
  it.each([
    ['a refused key', http(401, 'Incorrect API key provided: sk-te**********6789'), 'key', false],
    ['no permission', http(403, 'no'), 'key', false],
    ['an unknown model', http(404, 'The model m1 does not exist'), 'not_found', false],
    ['a rate', http(429, 'slow down'), 'rate_limit', true],
    [
      'no money',
      http(429, 'You exceeded your current quota', { code: 'insufficient_quota' }),
      'quota',
      false,
    ],
    ['an overloaded provider', http(529, 'Overloaded'), 'provider', true],
    ['a bad request', http(400, 'tools.0: name is required'), 'refused', false],
    ['an error event without a status', { type: 'server_error', message: 'oops' }, 'provider', true],
    ['an error event with a code', { code: 502, message: 'upstream' }, 'provider', true],
    ['a line that is no JSON', new SyntaxError('Unexpected token'), 'malformed', true],
    ['a text', 'what?', 'provider', true],
    ['nothing', undefined, 'provider', true],
  ])('%s', (_, error, reason, retryable) => {
    expect(fail(error)).toMatchObject({ data: { reason }, retryable });
  });

  it.each([
    "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
    'prompt is too long: 210000 tokens > 200000 maximum',
    'The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).',
    'the request exceeds the available context size. try increasing the context size',
    'Your input exceeds the context window of this model. Please adjust your input and try again.',
    "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
    'The number of tokens to keep from the initial prompt is greater than the context length',
    'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000',
  ])('knows an overflow: %s', (message) => {
    expect(fail(http(400, message))).toMatchObject({
      code: 'provider_failed',
      data: { reason: 'context_overflow' },
      retryable: false,
    });
  });

  it('names where the key comes from, and never a key', () => {
    expect(fail(http(401, `bad key ${KEY}`)).message).toBe('acme refused the key (401): check ACME_KEY');
    expect(fail(http(401, 'no'), { apiKey: undefined }).message).toContain('has none (401): set ACME_KEY');
    const told = fail(http(400, `echo ${KEY} and team-secret-1 and sk-te***6789`)).message;
    expect(told).toBe('acme answered 400: echo *** and *** and ***');
  });

  it('names the address that cannot be reached', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { code: 'ECONNREFUSED' });
    const error = new TypeError('fetch failed', {
      cause: new AggregateError([refused], 'all attempts failed'),
    });
    expect(fail(error)).toMatchObject({
      code: 'provider_failed',
      message: 'the connection to acme at https://acme.test failed: connect ECONNREFUSED 127.0.0.1:9',
      data: { reason: 'connection' },
      retryable: true,
    });
  });

  it('repeats no more of a provider than its reason', () => {
    expect(fail(http(400, 'x'.repeat(10_000))).message.length).toBeLessThan(600);
  });

  it('keeps the wait only where a retry makes sense', () => {
    const responseHeaders = { 'retry-after': '3' };
    expect(fail(http(503, 'busy', { responseHeaders }))).toMatchObject({ retryAfterMs: 3000 });
    expect(fail(http(400, 'no', { responseHeaders })).retryAfterMs).toBeUndefined();
    const body = '{"error":{"details":[{"retryDelay": "34.5s"}]}}';
    expect(fail(http(429, 'slow', { responseBody: body })).retryAfterMs).toBe(34_500);
  });
});

describe('retry-after', () => {
  const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
  it.each([
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0.25' }, 250],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:05 GMT' }, 5000],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:05 GMT', date: 'Wed, 21 Oct 2026 07:28:04 GMT' }, 1000],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('%o', (headers, expected) => {
    expect(retryAfterMs(headers as Record<string, string>, now)).toBe(expected);
  });
});
