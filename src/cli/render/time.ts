const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

/** A length of time in its largest unit: `850ms`, `12s`, `3h`. */
export function span(ms: number): string {
  const unit = UNITS.find(([, size]) => ms >= size);
  return unit === undefined
    ? `${String(Math.max(0, Math.round(ms)))}ms`
    : `${String(Math.floor(ms / unit[1]))}${unit[0]}`;
}

export function ago(at: number, now: number): string {
  return now - at < 1000 ? 'now' : `${span(now - at)} ago`;
}

/** UTC, to the second: `2026-01-31 12:00:05Z`. */
export function stamp(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace(/\.\d+/, '');
}
