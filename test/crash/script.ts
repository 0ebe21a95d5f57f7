// What the provider says during a life: thoughts, text in small pieces, and tools that leave processes behind.
import type { ProviderAnswer, ProviderAnswerFunction, WireKind } from '../../src/testing/index.ts';

export const MODELS: Readonly<Record<WireKind, string>> = {
  openai: 'gpt-5.5',
  'openai-compatible': 'qwen3',
  anthropic: 'claude-sonnet-4-5',
  google: 'gemini-3-pro',
};

/** Names the request in its text. One piece, so that whatever was kept of the text shows whose it is. */
const label = (n: number): string => `[${n}] `;
const WORDS = 'all work and no play makes a dull answer 🥱 '.repeat(8);
/** Together some four times what may be lost of it, so that a late write shows. */
const PIECES = 100;
const PIECE_MS = 4;

export const textOf = (n: number): string => label(n) + WORDS;

/** Which request's text this is the beginning of; 0 when none's. */
export const requestOf = (text: string): number => Number(/^\[(\d+)\] /.exec(text)?.[1] ?? 0);

export interface Life {
  /** Stands in the arguments of every process that a tool starts. */
  readonly mark: string;
  /** Whether what takes time takes it: the killed life is slow, what comes after need not be. */
  slow: boolean;
}

export function script(life: Life): ProviderAnswerFunction {
  return ({ rounds }, n) => {
    const calls = CALLS[rounds]?.(life, n) ?? [];
    const everyMs = life.slow ? PIECE_MS : undefined;
    return [
      { reasoning: `Thinking about request ${n}. ${WORDS}`, pieces: PIECES / 10, everyMs },
      { text: label(n) },
      { text: WORDS, pieces: PIECES, everyMs },
      ...calls,
    ];
  };
}

const ledger = (n: number): ProviderAnswer[number] => ({ call: { tool: 'ledger', args: { n } } });

/** By the tool rounds of the turn; after these it ends. */
const CALLS: readonly ((life: Life, n: number) => ProviderAnswer)[] = [
  (life, n) => [ledger(n), { call: { tool: 'exec', args: { command: commandOf(life) } } }],
  (_life, n) => [ledger(n), ledger(n)],
];

/** Three that would stay: a child, one with a session of its own, and one whose parent is gone and whose environment is empty. */
function commandOf({ mark, slow }: Life): string {
  const sleeper = `sleep 3600.${mark}`;
  return `${sleeper} & (setsid ${sleeper} &); (env -i setsid ${sleeper} &); sleep ${slow ? 0.2 : 0}`;
}
