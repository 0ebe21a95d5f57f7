/** Tokens that a message costs beside its text. */
export const OVERHEAD_TOKENS = 8;
/** A picture or a file, when nobody said what it costs. */
export const FILE_TOKENS = 1_500;

/** An estimate that errs on the high side: 4 characters a token for ASCII, 1 for everything else. */
export function estimateTokens(text: string): number {
  const wide = text.length - text.replace(/[^\u0000-\u007f]/g, '').length;
  return Math.ceil((text.length - wide) / 4) + wide;
}
