// A transcript for people. Left out are opaque data, and the text of attempts that were made again; what was interrupted or
// cancelled says so.
import type { SessionEvent, SessionSummary } from '../protocol/index.ts';
import { cutStart, oneLine, stripControls } from '../base/index.ts';
import { Conversation, type Entry, type StepEntry, type TextPiece } from './conversation.ts';

/** Characters of what must stay on one line; as long as a path may be. */
const LINE_LENGTH = 4_096;

export interface MarkdownOptions {
  /** Characters of a tool's output that are shown; the journal has the rest. */
  readonly outputLimit?: number;
  /** Journals of children by id; each is shown under the call that spawned it. */
  readonly children?: ReadonlyMap<string, Journal>;
}

export interface Journal {
  readonly summary: SessionSummary;
  readonly events: readonly SessionEvent[];
}

export function renderMarkdown(
  summary: SessionSummary,
  events: readonly SessionEvent[],
  options: MarkdownOptions = {},
): string {
  return `${renderJournal({ summary, events }, options).join('\n')}\n`;
}

function renderJournal({ summary, events }: Journal, options: MarkdownOptions): string[] {
  const { entries } = new Conversation().addAll(events);
  const head = [
    `# ${oneLine(summary.title ?? summary.name, LINE_LENGTH)}`,
    '',
    `Session ${summary.name} (${summary.session}) · ${summary.model} · ${oneLine(summary.folder, LINE_LENGTH)} · ${summary.status}`,
  ];
  const view = { limit: options.outputLimit ?? 4_000, below: childrenOf(events, options) };
  return [...head, ...entries.flatMap((entry) => ['', ...renderEntry(entry, view)])];
}

interface Shown {
  readonly limit: number;
  /** What stands under a call: the child that it spawned. */
  readonly below: (call: string) => readonly string[];
}

function childrenOf(events: readonly SessionEvent[], options: MarkdownOptions): Shown['below'] {
  const spawned = new Map(
    events.flatMap((event) => (event.type === 'child.started' ? [[event.call, event.data.child]] : [])),
  );
  return (call) => {
    const journal = options.children?.get(spawned.get(call) ?? '');
    if (journal === undefined) return [];
    const lines = renderJournal(journal, options).join('\n').split('\n');
    return ['', ...lines.map((line) => `> ${line}`.trimEnd())];
  };
}

function renderEntry(entry: Entry, view: Shown): string[] {
  const stamp = `${new Date(entry.at).toISOString()} · #${String(entry.seq)}`;
  if (entry.kind !== 'step') {
    const who = entry.kind === 'note' ? 'Note' : 'User';
    const from =
      entry.source === undefined || entry.source.kind === 'user'
        ? ''
        : ` (${oneLine(`${entry.source.kind} ${entry.source.name ?? ''}`, LINE_LENGTH)})`;
    const files = entry.attachments.map(
      (file) =>
        `- file ${oneLine(`${file.name} (${file.mediaType}`, LINE_LENGTH)}, ${String(file.bytes)} bytes)`,
    );
    return [`## ${who}${from}`, `<sub>${stamp}</sub>`, '', stripControls(entry.text), ...files];
  }
  return [
    `## Assistant`,
    `<sub>${stamp}</sub>`,
    ...entry.pieces.flatMap((piece) => ['', ...renderPiece(entry, piece, view)]),
  ];
}

function renderPiece(
  entry: StepEntry,
  piece: StepEntry['pieces'][number],
  { limit, below }: Shown,
): string[] {
  if (piece.kind !== 'call') return renderText(piece);
  const result = entry.results.get(piece.call);
  const status = result?.status ?? 'no result';
  const text = stripControls(result?.text ?? '');
  const shown =
    text.length > limit
      ? `${cutStart(text, limit)}\n… (${String(text.length - cutStart(text, limit).length)} more characters)`
      : text;
  return [
    `**${oneLine(piece.tool, LINE_LENGTH)}** ${inCode(stripControls(JSON.stringify(piece.args)))} → ${status}`,
    '',
    ...fenced(shown),
    ...below(piece.call),
  ];
}

function renderText({ kind, text, interrupted }: TextPiece): string[] {
  const mark = interrupted ? ['', '*(interrupted)*'] : [];
  if (kind === 'text') return [stripControls(text), ...mark];
  return ['<details><summary>Reasoning</summary>', '', stripControls(text), ...mark, '', '</details>'];
}

function fenced(text: string): string[] {
  const fence = fenceFor(text, 3);
  return [fence, text, fence];
}

function inCode(text: string): string {
  const fence = fenceFor(text, 1);
  return `${fence}${text}${fence}`;
}

/** Longer than any run of backticks inside. */
function fenceFor(text: string, least: number): string {
  let length = least;
  for (const [run] of text.matchAll(/`+/g)) length = Math.max(length, run.length + 1);
  return '`'.repeat(length);
}
