// What is sent to a model: a closed transcript, whatever the journal was cut by. Every call has exactly one result, no message
// is empty, it ends with a user or tool message, and it carries no partial reasoning.
import type { Message, ResultPart } from '../protocol/index.ts';
import type { Conversation, Entry, StepEntry, Summary, UserEntry } from './conversation.ts';
import { fitMessages } from './fit.ts';

export interface TranscriptOptions {
  /** Opaque data of any other provider, or of a step that did not finish, is left out, and the reasoning that needs it. */
  readonly provider: string;
  /** Only this turn's messages. */
  readonly onlyTurn?: string;
  /** Tokens, by estimate: where a cut was not enough, the longest texts lose their middle. */
  readonly budget?: number;
}

/** Said once where a cut left out what came before. */
export const CUT_NOTE = 'Earlier messages of this conversation are left out here.';
/** Said when the last answer was interrupted or cut, and nobody said anything since. */
export const CONTINUE_NOTE =
  'Your last answer was interrupted. Continue exactly where it stopped, without repeating it.';
const UNKNOWN_RESULT =
  'The outcome of this call is unknown: it may or may not have taken effect. Check before you repeat it.';

export function transcript(
  conversation: Conversation,
  { provider, onlyTurn, budget = Infinity }: TranscriptOptions,
): readonly Message[] {
  const messages: Message[] = [];
  const { question, summary, cut, entries } = inContext(conversation, onlyTurn);
  if (summary !== undefined) pushUser(messages, summaryText(summary));
  if (question !== undefined) pushEntry(messages, question);
  if (cut) pushUser(messages, CUT_NOTE);
  for (const entry of entries) {
    if (entry.kind === 'step') pushStep(messages, entry, provider);
    else pushEntry(messages, entry);
  }
  if (messages.at(-1)?.role === 'assistant') pushUser(messages, CONTINUE_NOTE);
  return fitMessages(messages, budget);
}

/** What stands in place of messages that were summed up. */
export function summaryText({ text }: Summary): string {
  return `[Summary of the conversation so far, made to save room]\n${text}`;
}

export interface InContext {
  readonly summary: Summary | undefined;
  /** The user's newest message, when it stands before the cut: a long turn must not forget what it is about. */
  readonly question: UserEntry | undefined;
  /** Something else is left out, and is in no summary. */
  readonly cut: boolean;
  readonly entries: readonly Entry[];
}

/** The question is the newest as of the cut, and stays until the next one: what is sent begins the same in between. */
export function inContext(
  { entries: all, cutBefore, cutAt, summary: whole }: Conversation,
  onlyTurn?: string,
): InContext {
  const summary = onlyTurn === undefined ? whole : undefined;
  const wanted = onlyTurn === undefined ? all : all.filter((entry) => entry.turn === onlyTurn);
  const first = wanted.findIndex((entry) => entry.seq >= cutBefore);
  const left = first === -1 ? wanted.length : first;
  const entries = wanted.slice(left);
  const later = entries.find(({ kind }) => kind === 'user');
  const question =
    later === undefined || later.seq > cutAt
      ? wanted.slice(0, left).findLast((entry): entry is UserEntry => entry.kind === 'user')
      : undefined;
  const summed = summary === undefined ? 0 : wanted.filter(({ seq }) => seq < summary.before).length;
  const missing = left - summed - (question !== undefined && question.seq >= (summary?.before ?? 0) ? 1 : 0);
  return { question, summary, cut: missing > 0, entries };
}

/** Neighbouring user messages become one: several providers refuse two in a row. */
function pushUser(messages: Message[], text: string, files: UserEntry['attachments'] = []): void {
  const parts = [
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...files.map((file) => ({ type: 'file' as const, file })),
  ];
  if (parts.length === 0) return;
  const last = messages.at(-1);
  if (last?.role === 'user')
    messages[messages.length - 1] = { role: 'user', parts: [...last.parts, ...parts] };
  else messages.push({ role: 'user', parts });
}

function pushEntry(messages: Message[], entry: UserEntry): void {
  if (entry.kind === 'note') return pushUser(messages, `[Note from the system]\n${entry.text}`);
  const { source, text, attachments } = entry;
  const from =
    source === undefined || source.kind === 'user'
      ? ''
      : `[From ${source.kind}${source.name === undefined ? '' : ` ${source.name}`}]\n`;
  pushUser(messages, text.trim() === '' ? '' : from + text, attachments);
}

function pushStep(messages: Message[], entry: StepEntry, provider: string): void {
  const whole = entry.state === 'finished';
  const parts: Extract<Message, { role: 'assistant' }>['parts'][number][] = [];
  const results: ResultPart[] = [];
  for (const piece of entry.pieces) {
    if (!isSent(entry, piece, provider)) continue;
    const own = whole && piece.provider?.name === provider ? { provider: piece.provider } : {};
    if (piece.kind !== 'call') parts.push({ type: piece.kind, text: piece.text, ...own });
    else {
      parts.push({ type: 'call', call: piece.call, tool: piece.tool, args: piece.args, ...own });
      results.push(resultOf(entry, piece.call, piece.tool));
    }
  }
  if (!parts.some((part) => part.type !== 'reasoning')) return;
  const last = messages.at(-1);
  if (last?.role === 'assistant') pushUser(messages, CONTINUE_NOTE);
  messages.push({ role: 'assistant', parts });
  if (results.length > 0) messages.push({ role: 'tool', parts: results });
}

/** Of an entry in context: a step that did not finish has neither calls nor reasoning, and reasoning is its own provider's alone. */
export function isSent({ state }: StepEntry, piece: StepEntry['pieces'][number], provider: string): boolean {
  if (piece.kind === 'text') return piece.text.trim() !== '';
  if (state !== 'finished') return false;
  return piece.kind === 'call' || (!piece.interrupted && piece.provider?.name === provider);
}

function resultOf(entry: StepEntry, call: string, tool: string): ResultPart {
  const result = entry.results.get(call);
  if (result === undefined) return { type: 'result', call, tool, ok: false, text: UNKNOWN_RESULT };
  const { status, text } = result;
  const shown = text === '' ? `(no output; ${status})` : text;
  return { type: 'result', call, tool, ok: status === 'ok', text: shown };
}

/** Everything that keeps a transcript from being closed; empty when it is. */
export function transcriptProblems(messages: readonly Message[]): readonly string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  messages.forEach((message, index) => {
    if (message.parts.length === 0) problems.push(`message ${String(index)} is empty`);
    if (message.role === messages[index + 1]?.role)
      problems.push(`messages ${String(index)} and the next are both ${message.role}`);
    const next = messages[index + 1];
    if (message.role === 'assistant') {
      const calls = message.parts.flatMap((part) => (part.type === 'call' ? [part.call] : []));
      const answered = next?.role === 'tool' ? next.parts.map((part) => part.call) : [];
      if (calls.join() !== answered.join())
        problems.push(
          `message ${String(index)} calls ${calls.join() || 'nothing'}, answered are ${answered.join() || 'none'}`,
        );
      for (const call of calls) if (seen.has(call)) problems.push(`call ${call} stands twice`);
      for (const call of calls) seen.add(call);
    }
    if (message.role === 'tool' && messages[index - 1]?.role !== 'assistant')
      problems.push(`message ${String(index)} answers nothing`);
    for (const part of message.parts)
      if (part.type === 'text' && part.text.trim() === '')
        problems.push(`message ${String(index)} has an empty text`);
  });
  const last = messages.at(-1);
  if (last === undefined) problems.push('there is no message');
  else if (last.role === 'assistant') problems.push('it ends with an assistant message');
  if (messages[0] !== undefined && messages[0].role !== 'user')
    problems.push(`it begins with a message of the ${messages[0].role}`);
  return problems;
}
