// What is left of a provider's rate limits, as the headers of its answers say it. Read where every answer passes, whoever asked
// and whatever it is: a refusal says it too.
import type { Clock } from '../../base/index.ts';
import type { Allowance, RateLimits } from '../port.ts';

type Fetch = typeof globalThis.fetch;
type Word = 'limit' | 'remaining' | 'reset';

/** How the two families name them. Servers that copy one of the APIs copy its headers. */
const NAMES: readonly ((what: keyof RateLimits, word: Word) => string)[] = [
  (what, word) => `x-ratelimit-${word}-${what}`,
  (what, word) => `anthropic-ratelimit-${what}-${word}`,
];

/** `fetch`, which also tells `onLimits` what the answer says. */
export function withLimits(
  fetch: Fetch,
  clock: Clock,
  onLimits: ((limits: RateLimits) => void) | undefined,
): Fetch {
  if (onLimits === undefined) return fetch;
  return async (...request) => {
    const response = await fetch(...request);
    const limits = readRateLimits(response.headers, clock.now());
    if (limits !== undefined) onLimits(limits);
    return response;
  };
}

/** Undefined when nothing is said that can be read. Times are read against the provider's own `date`, as clocks differ. */
export function readRateLimits(headers: Headers, nowMs: number): RateLimits | undefined {
  const sent = Date.parse(headers.get('date') ?? '');
  const now = Number.isNaN(sent) ? nowMs : sent;
  const requests = allowance(headers, 'requests', now);
  const tokens = allowance(headers, 'tokens', now);
  if (requests === undefined && tokens === undefined) return undefined;
  return { ...(requests === undefined ? {} : { requests }), ...(tokens === undefined ? {} : { tokens }) };
}

function allowance(headers: Headers, what: keyof RateLimits, now: number): Allowance | undefined {
  for (const name of NAMES) {
    const limit = count(headers.get(name(what, 'limit')));
    const remaining = count(headers.get(name(what, 'remaining')));
    const resetMs = untilMs(headers.get(name(what, 'reset')), now);
    // Some servers say 0 or -1 where they have no limit.
    if (limit === undefined || limit === 0 || remaining === undefined || resetMs === undefined) continue;
    return { limit, remaining: Math.min(limit, remaining), resetMs };
  }
  return undefined;
}

const count = (text: string | null): number | undefined =>
  text !== null && /^\s*\d+\s*$/.test(text) ? Number(text) : undefined;

const UNIT_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 0,
};
const SPAN = /(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g;

/** `1m30s`, `12ms`, plain seconds, or a time. */
function untilMs(text: string | null, now: number): number | undefined {
  const said = text?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(said)) return Math.round(Number(said) * 1000);
  if (said !== '' && said.replace(SPAN, '') === '') {
    const spans = [...said.matchAll(SPAN)];
    return Math.round(spans.reduce((sum, [, n, unit = '']) => sum + Number(n) * (UNIT_MS[unit] ?? 0), 0));
  }
  const at = Date.parse(said);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
