// A transcript for people. Nothing is left out but reasoning's opaque data; what was interrupted or cancelled says so.
import type { SessionEvent, SessionSummary } from '../protocol/index.ts';
import { stripControls } from '../base/index.ts';
import { Conversation, type Entry, type StepEntry, type TextPiece } from './conversation.ts';

export interface MarkdownOptions {
  /** Characters of a tool's output that are shown; the journal has the rest. */
  readonly outputLimit?: number;
}

export function renderMarkdown(
  summary: SessionSummary,
  events: readonly SessionEvent[],
  options: MarkdownOptions = {},
): string {
  const { entries } = new Conversation().addAll(events);
  const head = [
    `# ${stripControls(summary.title ?? summary.name)}`,
    '',
    `Session ${summary.name} (${summary.session}) · ${summary.model} · ${stripControls(summary.folder)} · ${summary.status}`,
  ];
  const body = entries.flatMap((entry) => ['', ...renderEntry(entry, options.outputLimit ?? 4_000)]);
  return `${[...head, ...body].join('\n')}\n`;
}

function renderEntry(entry: Entry, limit: number): string[] {
  const stamp = `${new Date(entry.at).toISOString()} · #${String(entry.seq)}`;
  if (entry.kind !== 'step') {
    const who = entry.kind === 'note' ? 'Note' : 'User';
    const from =
      entry.source === undefined || entry.source.kind === 'user'
        ? ''
        : ` (${entry.source.kind} ${entry.source.name ?? ''})`;
    const files = entry.attachments.map(
      (file) => `- file ${stripControls(file.name)} (${file.mediaType}, ${String(file.bytes)} bytes)`,
    );
    return [`## ${who}${from}`, `<sub>${stamp}</sub>`, '', stripControls(entry.text), ...files];
  }
  return [
    `## Assistant`,
    `<sub>${stamp}</sub>`,
    ...entry.pieces.flatMap((piece) => ['', ...renderPiece(entry, piece, limit)]),
  ];
}

function renderPiece(entry: StepEntry, piece: StepEntry['pieces'][number], limit: number): string[] {
  if (piece.kind !== 'call') return renderText(piece);
  const result = entry.results.get(piece.call);
  const status = result?.status ?? 'no result';
  const text = stripControls(result?.text ?? '');
  const shown =
    text.length > limit
      ? `${text.slice(0, limit)}\n… (${String(text.length - limit)} more characters)`
      : text;
  return [
    `**${piece.tool}** \`${stripControls(JSON.stringify(piece.args))}\` → ${status}`,
    '',
    ...fenced(shown),
  ];
}

function renderText({ kind, text, interrupted }: TextPiece): string[] {
  const mark = interrupted ? ['', '*(interrupted)*'] : [];
  if (kind === 'text') return [stripControls(text), ...mark];
  return ['<details><summary>Reasoning</summary>', '', stripControls(text), ...mark, '', '</details>'];
}

/** A fence longer than any run of backticks inside. */
function fenced(text: string): string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = '`'.repeat(longest + 1);
  return [fence, text, fence];
}
