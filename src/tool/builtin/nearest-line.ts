import { oneLine } from '../../base/index.ts';

/** Lines compared at most, and characters of each: the hint must cost the loop no more than some ms. */
const MAX_LINES = 2000;
const COMPARED = 100;
/** Characters of the line that are shown. */
const SHOWN = 120;

/** The line of `text` that is most like the first line of `wanted` that says something; undefined when none is alike. */
export function nearestLine(text: string, wanted: string): string | undefined {
  const target = wanted
    .split('\n')
    .map(squash)
    .find((line) => line !== '');
  if (target === undefined) return undefined;
  const pairs = pairsOf(target);
  let best = { score: 0.5, number: 0, line: '' };
  for (const [index, line] of text.split('\n', MAX_LINES).entries()) {
    const score = likeness(pairs, pairsOf(squash(line)));
    if (score > best.score) best = { score, number: index + 1, line };
  }
  return best.number === 0 ? undefined : `nearest is line ${best.number}: ${oneLine(best.line, SHOWN)}`;
}

function squash(line: string): string {
  return line.slice(0, COMPARED).replaceAll(/\s+/g, ' ').trim();
}

function pairsOf(line: string): Set<string> {
  const pairs = new Set<string>();
  for (let at = 0; at < line.length; at++) pairs.add(line.slice(at, at + 2));
  return pairs;
}

/** Share of neighbouring characters that both have: 1 for equal sets, 0 for nothing in common. */
function likeness(a: Set<string>, b: Set<string>): number {
  let shared = 0;
  for (const pair of a) if (b.has(pair)) shared++;
  return (2 * shared) / Math.max(1, a.size + b.size);
}
