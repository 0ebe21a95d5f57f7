import type { EventData } from '../protocol/index.ts';

/** Tokens that a message costs beside its text. */
export const OVERHEAD_TOKENS = 8;
/** A picture or a file, when nobody said what it costs. */
export const FILE_TOKENS = 1_500;

/** An estimate that errs on the high side: 4 characters a token for ASCII, 1 for everything else. */
export function estimateTokens(text: string): number {
  const wide = text.length - text.replace(/[^\u0000-\u007f]/g, '').length;
  return Math.ceil((text.length - wide) / 4) + wide;
}

/** A smaller request says little: what every request carries beside its texts outweighs them. */
const MIN_ESTIMATE = 500;
/** Code and digits have down to 2 characters a token, prose and signs of one token for a word up to 7; what lies outside is no count. */
const CORRECTION = { least: 0.6, most: 2 } as const;

/** What a provider reported over what had been estimated; undefined where that says nothing. */
export function correctionOf({
  usage,
  estimate = 0,
}: Pick<EventData<'step.finished'>, 'usage' | 'estimate'>): number | undefined {
  if (estimate < MIN_ESTIMATE || usage.input === 0) return undefined;
  return Math.min(CORRECTION.most, Math.max(CORRECTION.least, usage.input / estimate));
}
