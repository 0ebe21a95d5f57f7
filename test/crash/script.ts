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
  /** The killed life takes its time and runs commands; what comes after it need not. */
  slow: boolean;
}

export function script(life: Life): ProviderAnswerFunction {
  return ({ rounds }, n) => {
    const everyMs = life.slow ? PIECE_MS : undefined;
    return [
      { reasoning: `Thinking about request ${n}. ${WORDS}`, pieces: PIECES / 10, everyMs },
      { text: label(n) },
      { text: WORDS, pieces: PIECES, everyMs },
      ...callsOf(life, rounds),
    ];
  };
}

const LEDGER = (n: number): ProviderAnswer[number] => ({ call: { tool: 'ledger', args: { n } } });

/** Of a turn of three rounds. */
function callsOf(life: Life, rounds: number): ProviderAnswer {
  if (rounds === 1) return [LEDGER(2), LEDGER(3)];
  if (rounds > 1) return [];
  return [
    LEDGER(1),
    ...(life.slow ? [{ call: { tool: 'exec', args: { command: commandOf(life.mark) } } }] : []),
  ];
}

/** Three that would stay: a child, one with a session of its own, and one whose parent is gone and whose environment is empty. */
function commandOf(mark: string): string {
  const sleeper = `sleep 3600.${mark}`;
  return `${sleeper} & (setsid ${sleeper} &); (env -i setsid ${sleeper} &); sleep 0.2`;
}
