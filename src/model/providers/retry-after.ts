/**
 * How long the provider asks to wait, in ms, from `retry-after-ms` or `retry-after` (seconds, or an HTTP date, which is read
 * against the provider's own `date` where it sent one, as clocks differ). Undefined when it says nothing that can be read.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const exact = amount(headers['retry-after-ms'], 1);
  if (exact !== undefined) return exact;
  const value = headers['retry-after'];
  const seconds = amount(value, 1000);
  if (seconds !== undefined || value === undefined) return seconds;
  const until = Date.parse(value);
  const sent = Date.parse(headers['date'] ?? '');
  return Number.isNaN(until) ? undefined : Math.max(0, until - (Number.isNaN(sent) ? nowMs : sent));
}

function amount(value: string | undefined, unitMs: number): number | undefined {
  return value !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(value)
    ? Math.round(Number(value) * unitMs)
    : undefined;
}
