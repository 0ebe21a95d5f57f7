import type { JsonObject } from '../../base/index.ts';

export interface PracticeCall {
  readonly tool: string;
  readonly args: JsonObject;
}

/** What one line asks for: something to show, or a batch of calls. */
export type Instruction =
  | { readonly kind: 'text' | 'reasoning'; readonly text: string }
  | { readonly kind: 'calls'; readonly calls: readonly PracticeCall[] };

/** The grammar as people see it. */
export const GRAMMAR = `One instruction a line; other lines are ignored:
  read PATH            list [PATH]           search PATTERN [in PATH]
  edit PATH: OLD => NEW                      write PATH: TEXT
  run COMMAND          ask QUESTION          spawn PROMPT
  say TEXT             tell N words          think TEXT
In OLD, NEW and TEXT, \\n is a line break and \\t a tab. Each line of a tool is a step of its own; joined by " & " they
are one batch. A message with no instruction but the word "continue" goes on with the instructions before it.`;

/** Longest text of `tell` in words, some 600 KB: enough to fill any window, not a disk. */
const MOST_WORDS = 100_000;

const WORDS =
  'the desk stays as you left it with every book still open at its page so come back tomorrow and read on'.split(
    ' ',
  );

/** The same `count` words every time, in sentences of twelve; each sentence starts with its number. */
export function tale(count: number): string {
  const words: string[] = [];
  for (let i = 0; i < Math.min(count, MOST_WORDS); i++) {
    const word = i % 12 === 0 ? `${i / 12 + 1}:` : (WORDS[(i * 7) % WORDS.length] ?? '');
    words.push(i % 12 === 11 || i === count - 1 ? `${word}.` : word);
  }
  return words.join(' ');
}

const LITERAL: Readonly<Record<string, string>> = { n: '\n', t: '\t', '\\': '\\' };
const literal = (text = ''): string =>
  text.replace(/\\([nt\\])/g, (_, letter: string) => LITERAL[letter] ?? letter);

type Match = readonly (string | undefined)[];

const path = (value: string | undefined): JsonObject => (value === undefined ? {} : { path: value });

const TOOL_LINES: readonly (readonly [pattern: RegExp, tool: string, args: (match: Match) => JsonObject])[] =
  [
    [/^read (.+)$/, 'read', ([, file]) => path(file)],
    [/^list(?: (.+))?$/, 'list', ([, folder]) => path(folder)],
    [/^search (.+?)(?: in (\S+))?$/, 'grep', ([, pattern = '', folder]) => ({ pattern, ...path(folder) })],
    [
      /^edit (.+?): (.+?) =>(?: (.*))?$/,
      'edit',
      ([, file, old, text]) => ({ ...path(file), old: literal(old), new: literal(text) }),
    ],
    [/^write (.+?): (.*)$/, 'write', ([, file, text]) => ({ ...path(file), text: literal(text) })],
    [/^run (.+)$/, 'exec', ([, command = '']) => ({ command })],
    [/^ask (.+)$/, 'ask', ([, question = '']) => ({ question })],
    [/^spawn (.+)$/, 'spawn', ([, prompt = '']) => ({ prompt })],
  ];

const TEXT_LINES: readonly (readonly [
  pattern: RegExp,
  kind: 'text' | 'reasoning',
  show: (rest: string) => string,
])[] = [
  [/^say (.+)$/, 'text', literal],
  [/^tell (\d+) words?$/, 'text', (count) => tale(Number(count))],
  [/^think (.+)$/, 'reasoning', literal],
];

function callOf(line: string): PracticeCall | undefined {
  for (const [pattern, tool, args] of TOOL_LINES) {
    const match = pattern.exec(line);
    if (match !== null) return { tool, args: args(match) };
  }
  return undefined;
}

/** A line is a batch only if every piece of it is a tool's line, so that ` & ` may stand in a command or a text. */
function callsOf(line: string): readonly PracticeCall[] {
  const batch = line.split(' & ').map((piece) => callOf(piece.trim()));
  const calls = batch.every((call) => call !== undefined) ? batch : [callOf(line)];
  return calls.filter((call) => call !== undefined);
}

/** The instructions of a message in order; none when it has no line of the grammar. */
export function instructionsOf(message: string): readonly Instruction[] {
  return message.split('\n').flatMap((raw): Instruction[] => {
    const line = raw.trim();
    for (const [pattern, kind, show] of TEXT_LINES) {
      const rest = pattern.exec(line)?.[1];
      if (rest !== undefined) return [{ kind, text: show(rest) }];
    }
    const calls = callsOf(line);
    return calls.length === 0 ? [] : [{ kind: 'calls', calls }];
  });
}
