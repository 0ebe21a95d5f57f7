// How much of the conversation fits. Call and result are cut together, because both belong to one entry; the cut point moves in
// large steps, so that a provider's prompt cache holds between two of them.
import type { Conversation, Entry } from './conversation.ts';
import { inContext } from './transcript.ts';

/** After a cut this share of the budget is in use. */
const KEEP = 0.5;
/** Tokens that a message costs beside its text. */
const OVERHEAD = 8;
/** A picture or a file, when nobody said what it costs. */
const FILE_TOKENS = 1_500;

/** An estimate that errs on the high side: 4 characters a token for ASCII, 1 for everything else. */
export function estimateTokens(text: string): number {
  const wide = text.length - text.replace(/[^\u0000-\u007f]/g, '').length;
  return Math.ceil((text.length - wide) / 4) + wide;
}

export function entryTokens(entry: Entry): number {
  if (entry.kind !== 'step')
    return OVERHEAD + estimateTokens(entry.text) + entry.attachments.length * FILE_TOKENS;
  let tokens = OVERHEAD;
  for (const piece of entry.pieces)
    tokens +=
      OVERHEAD +
      (piece.kind === 'call' ? estimateTokens(JSON.stringify(piece.args)) : estimateTokens(piece.text));
  for (const result of entry.results.values()) tokens += OVERHEAD + estimateTokens(result.text);
  return tokens;
}

export interface Cut {
  readonly before: number;
  /** What stays in context, by estimate. */
  readonly tokens: number;
}

/**
 * Where to cut so that the entries in context fit `budget` tokens: nowhere when they do. The newest entry always stays, so the
 * answer may still exceed the budget: then there is nothing left to cut.
 */
export function findCut(conversation: Conversation, budget: number): Cut | undefined {
  const entries = inContext(conversation);
  const costs = entries.map(entryTokens);
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  if (total <= budget) return undefined;
  let kept = 0;
  let first = entries.length;
  while (first > 0 && kept + (costs[first - 1] ?? 0) <= budget * KEEP) kept += costs[--first] ?? 0;
  const index = Math.min(first, entries.length - 1);
  const entry = entries[index];
  if (entry === undefined || index === 0) return undefined;
  return { before: entry.seq, tokens: first === entries.length ? (costs[index] ?? 0) : kept };
}
