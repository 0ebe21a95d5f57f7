/** A message as far as scripts look at it: a user's words, tool results, or anything else. */
export interface Turn {
  readonly role: 'user' | 'results' | 'other';
  readonly text: string;
}

/** A round is a run of results that follows something else; only those after the last user message count. */
export function summarize(turns: readonly Turn[]): { rounds: number; text: string } {
  const start = turns.findLastIndex((turn) => turn.role === 'user');
  const after = turns.slice(start + 1);
  const rounds = after.filter(
    (turn, i) => turn.role === 'results' && after[i - 1]?.role !== 'results',
  ).length;
  return { rounds, text: turns[start]?.text ?? '' };
}
