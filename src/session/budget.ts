// How much of the conversation fits. Call and result are cut together, because both belong to one entry; the cut point moves in
// large steps, so that a provider's prompt cache holds between two of them.
import type { Conversation, Entry, Summary } from './conversation.ts';
import { estimateTokens, FILE_TOKENS, OVERHEAD_TOKENS } from './tokens.ts';
import { inContext, summaryText } from './transcript.ts';

/** After a cut this share of the budget is in use. */
const KEEP = 0.5;
/** The user's newest message stays, however long it is, but leaves this share of the budget to what was done about it. */
const QUESTION = 0.25;

/** Of entries that do not change any more. */
const known = new WeakMap<Entry, number>();

export function entryTokens(entry: Entry): number {
  const kept = known.get(entry);
  if (kept !== undefined) return kept;
  const tokens = countTokens(entry);
  if (isWhole(entry)) known.set(entry, tokens);
  return tokens;
}

function isWhole(entry: Entry): boolean {
  if (entry.kind !== 'step') return true;
  const calls = entry.pieces.filter(({ kind }) => kind === 'call').length;
  return entry.state === 'finished' && entry.results.size === calls;
}

function countTokens(entry: Entry): number {
  if (entry.kind !== 'step')
    return OVERHEAD_TOKENS + estimateTokens(entry.text) + entry.attachments.length * FILE_TOKENS;
  let tokens = OVERHEAD_TOKENS;
  for (const piece of entry.pieces)
    tokens +=
      OVERHEAD_TOKENS +
      (piece.kind === 'call' ? estimateTokens(JSON.stringify(piece.args)) : estimateTokens(piece.text));
  for (const result of entry.results.values()) tokens += OVERHEAD_TOKENS + estimateTokens(result.text);
  return tokens;
}

/** What is in context, by estimate. */
export function contextTokens(conversation: Conversation, onlyTurn?: string): number {
  const { question, summary, entries } = inContext(conversation, onlyTurn);
  return (
    summaryTokens(summary) + sum([...(question === undefined ? [] : [question]), ...entries].map(entryTokens))
  );
}

export function summaryTokens(summary: Summary | undefined): number {
  return summary === undefined ? 0 : OVERHEAD_TOKENS + estimateTokens(summaryText(summary));
}

export interface Cut {
  readonly before: number;
  /** What stays in context, by estimate. */
  readonly tokens: number;
}

/**
 * Where to cut so that the entries in context fit `budget` tokens: nowhere when they do. The newest entry with anything in it
 * and the user's newest message always stay, so the answer may still exceed the budget: then there is nothing left to cut, and
 * texts must be shortened.
 */
export function findCut(conversation: Conversation, budget: number, onlyTurn?: string): Cut | undefined {
  if (contextTokens(conversation, onlyTurn) <= budget) return undefined;
  const { question, summary, entries } = inContext(conversation, onlyTurn);
  const asked = entries.findLast((entry) => entry.kind === 'user') ?? question;
  const costs = entries.map((entry) => (entry === asked ? 0 : entryTokens(entry)));
  const askedTokens = asked === undefined ? 0 : entryTokens(asked);
  const always = summaryTokens(summary);
  let kept = always + Math.min(askedTokens, budget * QUESTION);
  let first = entries.length;
  while (first > 0 && kept + (costs[first - 1] ?? 0) <= budget * KEEP) kept += costs[--first] ?? 0;
  const newest = entries.findLastIndex((entry) => entry.kind !== 'step' || entry.pieces.length > 0);
  const index = Math.min(first, newest);
  const entry = entries[index];
  // An older question that is still there goes, too.
  if (entry === undefined || (index === 0 && (question ?? asked) === asked)) return undefined;
  return { before: entry.seq, tokens: always + askedTokens + sum(costs.slice(index)) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
