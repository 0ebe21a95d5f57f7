// Colour repeats what a symbol or a word says already: without it nothing is lost.
import type { Sink } from '../terminal.ts';

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

export type Colour = keyof typeof CODES;

export function paint(sink: Pick<Sink, 'colour'>, colour: Colour, text: string): string {
  return sink.colour ? `\u001b[${String(CODES[colour])}m${text}\u001b[0m` : text;
}

const MARKS = {
  ok: ['✓', 'green'],
  failed: ['✗', 'red'],
  info: ['ℹ', 'cyan'],
  warn: ['⚠', 'yellow'],
  busy: ['⏳', 'cyan'],
  ask: ['?', 'yellow'],
} as const satisfies Record<string, readonly [string, Colour]>;

export type Mark = keyof typeof MARKS;

export function mark(sink: Pick<Sink, 'colour'>, name: Mark): string {
  const [symbol, colour] = MARKS[name];
  return paint(sink, colour, symbol);
}
