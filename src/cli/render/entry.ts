import { cutStart, oneLine, stripControls } from '../../base/index.ts';
import type { Entry, StepEntry, TextPiece } from '../../session/index.ts';
import type { Sink } from '../terminal.ts';
import { callLine } from './call.ts';
import { mark, paint } from './style.ts';
import { stamp } from './time.ts';

/** Characters of one text; `carrel export` has the whole. */
const TEXT = 4000;
/** Characters of a call's output. */
const OUTPUT = 160;

/** One message for a person, with its time. */
export function entryText(sink: Sink, entry: Entry): string {
  const who = entry.kind === 'step' ? 'assistant' : entry.kind;
  const open = entry.kind === 'step' && entry.state !== 'finished' ? ` (${entry.state})` : '';
  const head = `${paint(sink, 'bold', who)}${open} ${paint(sink, 'dim', `${stamp(entry.at)} #${String(entry.seq)}`)}`;
  const body = entry.kind === 'step' ? stepLines(sink, entry) : [shorten(entry.text)];
  return [head, ...body].join('\n');
}

function stepLines(sink: Sink, { pieces, results }: StepEntry): string[] {
  return pieces.map((piece) => {
    if (piece.kind !== 'call') return textLines(sink, piece);
    const result = results.get(piece.call);
    const symbol = mark(sink, result === undefined ? 'busy' : result.status === 'ok' ? 'ok' : 'failed');
    const status =
      result === undefined ? 'no result yet' : `${result.status}: ${oneLine(result.text, OUTPUT)}`;
    return `${symbol} ${callLine(piece.tool, piece.args)} → ${status}`;
  });
}

function textLines(sink: Sink, { kind, text, interrupted }: TextPiece): string {
  if (kind === 'reasoning') return paint(sink, 'dim', `… ${oneLine(text, OUTPUT)}`);
  return `${shorten(text)}${interrupted ? '\n(interrupted)' : ''}`;
}

function shorten(text: string): string {
  const safe = stripControls(text).trimEnd();
  if (safe.length <= TEXT) return safe;
  return `${cutStart(safe, TEXT)}\n(${String(safe.length - TEXT)} more characters: carrel export)`;
}
