import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exposition } from './exposition.ts';
import { Histogram, quantile } from './histogram.ts';
import { MAX_SERIES, Measures } from './measures.ts';
import { bucketsOf, parseExposition } from './parse.ts';
import { METRICS, rowOf, type MetricName } from './table.ts';

/** Of a sorted list, the smallest value that a share `q` of all are at most. */
function exact(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

describe('a histogram', () => {
  it.each([
    // 1 to 100 evenly: the share is the value.
    [Array.from({ length: 100 }, (_, n) => n + 1), [25, 50, 75, 100], 0.5, 50],
    [Array.from({ length: 100 }, (_, n) => n + 1), [25, 50, 75, 100], 0.95, 95],
    [Array.from({ length: 100 }, (_, n) => n + 1), [25, 50, 75, 100], 0.99, 99],
    // All in one bucket: evenly spread in it.
    [[3, 3, 3, 3], [1, 5], 0.5, 3],
    // On a bound counts as below it.
    [[1, 1], [1, 2], 1, 1],
    // Above every bound: the largest that is known.
    [[9, 9], [1, 2], 0.5, 2],
    [[0.5, 9], [1, 2], 0.5, 1],
  ])('of %j with bounds %j gives %d as %d', (values, bounds, q, expected) => {
    const histogram = new Histogram(bounds);
    for (const value of values) histogram.observe(value);
    expect(quantile(histogram, q)).toBeCloseTo(expected, 10);
    expect([histogram.count, histogram.sum]).toEqual([values.length, values.reduce((a, b) => a + b, 0)]);
  });

  it('says nothing of nothing', () => {
    expect(quantile(new Histogram([1]), 0.5)).toBeUndefined();
  });

  it('is never further off than the bucket of the exact percentile', () => {
    const bounds = [1, 2, 5, 10, 20, 50, 100];
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, q) => {
          const histogram = new Histogram(bounds);
          for (const value of values) histogram.observe(value);
          const truth = exact(
            values.toSorted((a, b) => a - b),
            q,
          );
          const index = bounds.findIndex((bound) => truth <= bound);
          const found = quantile(histogram, q) ?? -1;
          expect(found).toBeGreaterThanOrEqual(bounds[index - 1] ?? 0);
          expect(found).toBeLessThanOrEqual(bounds[index] ?? 100);
        },
      ),
    );
  });
});

/** Something of every metric, with labels that need escaping. */
function filled(): Measures {
  const measures = new Measures();
  for (const name of Object.keys(METRICS) as MetricName[]) {
    const { kind, labels } = rowOf(name);
    const values = labels.map((label, n) => `${label} "${String(n)}"\\\n`);
    if (kind === 'counter') measures.add(name as 'carrel_session_crashes_total', values, 2);
    if (kind === 'gauge') measures.set(name as 'carrel_viewers', values, 0.25);
    if (kind === 'histogram')
      for (const value of [0, 0.003, 7, 1e9])
        measures.observe(name as 'carrel_append_seconds', values, value);
  }
  return measures;
}

describe('the text of the numbers', () => {
  it('is read again as what was counted', () => {
    const parsed = parseExposition(exposition(filled().families()));
    expect([...parsed.keys()]).toEqual(Object.keys(METRICS));
    for (const [name, { type, help, samples }] of parsed) {
      const row = rowOf(name as MetricName);
      expect([type, help]).toEqual([row.kind, row.help]);
      const { le: _le, ...labels } = samples[0]?.labels ?? {};
      expect(labels).toEqual(
        Object.fromEntries(row.labels.map((label, n) => [label, `${label} "${String(n)}"\\\n`])),
      );
    }
    expect(parsed.get('carrel_viewers')?.samples[0]?.value).toBe(0.25);
    const buckets = bucketsOf(parsed, 'carrel_append_seconds');
    expect(buckets.cumulative.at(-1)).toBe(4);
    expect(quantile(buckets, 0.5)).toBeCloseTo(0.005, 10);
  });

  it('is clean for promtool', async (context) => {
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: exposition(filled().families()) });
    if (checked.error !== undefined) {
      await context.annotate(
        'promtool is not installed (Debian: prometheus); the parser here has checked the text',
      );
      return;
    }
    expect([checked.status, `${String(checked.stdout)}${String(checked.stderr)}`]).toEqual([0, '']);
  });

  it.each([
    ['a_total 1\n', /of no family/],
    ['# HELP a b\n# TYPE a counter\na 1', /no end/],
    ['# HELP a b\n# TYPE a counter\nb 1\n', /not of a/],
    ['# HELP a b\n# TYPE a counter\na 1\na 1\n', /twice/],
    ['# HELP a b\n# TYPE a counter\na x\n', /no number/],
    ['# HELP a b\n# TYPE a counter\na{x=1} 1\n', /wrong labels/],
    ['# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\n', /fall/],
    ['# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 2\n', /no bucket for all/],
  ])('%j is refused', (text, why) => {
    expect(() => parseExposition(text)).toThrow(why);
  });
});

describe('series', () => {
  it('are bounded, whatever comes as a label: the rest is counted together', () => {
    const measures = new Measures();
    for (let n = 0; n < 10 * MAX_SERIES; n++) measures.add('carrel_events_total', [`type-${String(n)}`]);
    const family = measures.families().find(({ name }) => name === 'carrel_events_total');
    expect(family?.series).toHaveLength(MAX_SERIES + 1);
    expect(family?.series.reduce((sum, { value }) => sum + value, 0)).toBe(10 * MAX_SERIES);
    expect(family?.series.at(-1)?.labels).toEqual(['other']);
  });

  it('have the labels of the table, none more and none less', () => {
    expect(() => new Measures().add('carrel_events_total', [])).toThrow(/labels/);
  });

  it('are named as such things are: seconds and bytes, and _total for what only rises', () => {
    for (const [name, { kind, help }] of Object.entries(METRICS)) {
      expect(name.endsWith('_total')).toBe(kind === 'counter');
      if (kind === 'histogram') expect(name).toMatch(/_seconds$/);
      expect(help).toMatch(/[.)]$/);
    }
  });
});
