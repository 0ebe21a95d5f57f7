import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import type { ProviderKind } from '../../protocol/index.ts';
import { collect, contextOf, requestOf } from '../contract.ts';
import type { RateLimits } from '../port.ts';
import { providerModel } from './model.ts';
import { readRateLimits } from './rate-limits.ts';

const NOW = Date.UTC(2026, 0, 1);
const read = (headers: Record<string, string>) => readRateLimits(new Headers(headers), NOW);
const chat = (limit: string, remaining: string, reset: string) => ({
  'x-ratelimit-limit-tokens': limit,
  'x-ratelimit-remaining-tokens': remaining,
  'x-ratelimit-reset-tokens': reset,
});

describe('rate limits in headers', () => {
  it.each([
    ['12ms', 12],
    ['6m0s', 360_000],
    ['1h2m3.5s', 3_723_500],
    ['7.66s', 7_660],
    ['900µs', 1],
    ['30', 30_000],
    ['0', 0],
  ])('say that all is there again in %s', (reset, resetMs) => {
    expect(read(chat('100', '40', reset))).toEqual({ tokens: { limit: 100, remaining: 40, resetMs } });
  });

  it.each([
    ['-1', '-1', '0'],
    ['0', '0', '1s'],
    ['100', '', '1s'],
    ['100', '40', 'soon'],
    ['many', '40', '1s'],
  ])('say nothing with %s, %s, %s', (limit, remaining, reset) => {
    expect(read(chat(limit, remaining, reset))).toBeUndefined();
  });

  it('give times, read against the clock of the provider', () => {
    const headers = {
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-01-01T01:00:30Z',
      'anthropic-ratelimit-tokens-limit': '40000',
      'anthropic-ratelimit-tokens-remaining': '50000',
      'anthropic-ratelimit-tokens-reset': '2025-12-31T00:00:00Z',
      date: 'Thu, 01 Jan 2026 01:00:00 GMT',
    };
    expect(read(headers)).toEqual({
      requests: { limit: 50, remaining: 0, resetMs: 30_000 },
      tokens: { limit: 40_000, remaining: 40_000, resetMs: 0 },
    });
  });
});

describe('a provider that says its rate limits', () => {
  const KINDS: readonly ProviderKind[] = ['openai', 'openai-compatible', 'anthropic', 'google'];

  it.each(KINDS)('is heard, of kind %s, also when it refuses', async (kind) => {
    const headers = { ...chat('100', '0', '2s'), 'content-type': 'application/json' };
    const fetch = () =>
      Promise.resolve(new Response('{"error":{"message":"slow down"}}', { status: 429, headers }));
    const heard: RateLimits[] = [];
    const provider = { name: 'acme', kind, baseUrl: 'http://acme.test/v1', apiKey: 'test-key' };
    const model = providerModel(provider, 'm1', { clock: systemClock, fetch });
    const context = { ...contextOf(), onLimits: (limits: RateLimits) => void heard.push(limits) };
    const parts = await collect(model.stream(requestOf('hi'), context));
    expect(parts.at(-1)).toMatchObject({ type: 'failed', failure: { data: { reason: 'rate_limit' } } });
    expect(heard).toEqual([{ tokens: { limit: 100, remaining: 0, resetMs: 2_000 } }]);
  });
});
