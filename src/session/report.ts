// What each part of the context costs, and whether it is in context. Estimates, corrected by what the provider last reported.
import { oneLine } from '../base/index.ts';
import type { ContextKind, ContextPart, ContextReport, Instruction, ToolSpec } from '../protocol/index.ts';
import type { CallPiece, Conversation, Entry, StepEntry } from './conversation.ts';
import { estimateTokens, FILE_TOKENS, OVERHEAD_TOKENS } from './tokens.ts';
import { MAX_FUTILE } from './compaction/may-compact.ts';
import type { Reading } from './reading.ts';
import { instructionText } from './compose.ts';
import { inContext, isSent } from './transcript.ts';

/** What every request carries. */
export interface FixedTexts {
  readonly prompt: string;
  readonly instructions: readonly Instruction[];
  readonly tools: readonly ToolSpec[];
}

/** How much one request may have, tokens; without a window when nobody said. */
export interface Room {
  readonly window?: number | undefined;
  readonly reserve?: number | undefined;
}

export interface ReportOptions {
  readonly session: string;
  /** `provider/model`: reasoning is sent to its own provider alone. */
  readonly model: string;
  readonly fixed: FixedTexts;
  readonly room: Room;
  readonly compaction: ContextReport['compaction'];
  /** The last `limit` parts of messages below event `before`. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Characters of a part's name. */
const NAME_LENGTH = 80;

type Costed = Omit<ContextPart, 'inContext'>;

export function contextReport(conversation: Conversation, options: ReportOptions): ContextReport {
  const { session, model, fixed, room, compaction, before = Infinity, limit } = options;
  const corrected = (part: ContextPart): ContextPart => ({
    ...part,
    tokens: Math.ceil(part.tokens * conversation.correction),
  });
  const always = fixedParts(fixed).map(corrected);
  const messages = messageParts(conversation, model.slice(0, model.indexOf('/'))).map(corrected);
  const sent = [...always, ...messages.filter((part) => part.inContext)];
  const used = sum(sent);
  const budget = room.window === undefined ? undefined : room.window - (room.reserve ?? 0);
  const below = messages.filter(({ seq = 0 }) => seq < before);
  const page = limit === 0 ? [] : below.slice(-limit);
  const out = messages.filter((part) => !part.inContext);
  const first = page[0]?.seq;
  return {
    session,
    seq: conversation.seq,
    model,
    ...(room.window === undefined ? {} : { window: room.window }),
    ...(room.reserve === undefined ? {} : { reserve: room.reserve }),
    ...(budget === undefined ? {} : { budget, remaining: budget - used }),
    used,
    correction: conversation.correction,
    compaction,
    kinds: byKind(sent),
    left: { parts: out.length, tokens: sum(out) },
    parts: [...always, ...page],
    ...(first === undefined || page.length === below.length ? {} : { before: first }),
  };
}

function fixedParts({ prompt, instructions, tools }: FixedTexts): ContextPart[] {
  const texts: Costed[] = [
    { kind: 'prompt', name: oneLine(prompt, NAME_LENGTH), tokens: estimateTokens(prompt) },
    ...instructions.map((file) => ({
      kind: 'instructions' as const,
      name: oneLine(file.from, NAME_LENGTH),
      tokens: estimateTokens(instructionText(file)),
    })),
    ...tools.map((tool) => ({
      kind: 'tools' as const,
      name: tool.name,
      tokens: estimateTokens(JSON.stringify(tool)),
    })),
  ];
  return texts.map((part) => ({ ...part, inContext: true }));
}

function messageParts(conversation: Conversation, provider: string): ContextPart[] {
  const { question, summary, entries } = inContext(conversation);
  const first = entries[0]?.seq ?? Infinity;
  const summed =
    summary === undefined ? [] : [{ ...said('summary', summary.text), seq: summary.seq, inContext: true }];
  const messages = conversation.entries.flatMap((entry) => {
    const isIn = entry === question || entry.seq >= first;
    return entry.kind === 'step'
      ? stepParts(entry, provider).map(({ sent, ...part }) => ({ ...part, inContext: isIn && sent }))
      : userParts(entry).map((part) => ({ ...part, inContext: isIn }));
  });
  return [...messages, ...summed].toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
}

/** Whether a session compacts its context, and what became of it. */
export function compactionReport({ state, failed }: Reading): ContextReport['compaction'] {
  const { compaction, compacted, futile, profile } = state;
  const at =
    compaction !== undefined
      ? 'at-work'
      : profile.compaction !== true
        ? 'off'
        : futile < MAX_FUTILE
          ? 'on'
          : 'given-up';
  const why = failed === undefined ? {} : { failed: { reason: failed.reason, error: failed.error } };
  return { state: at, undoable: compacted.length, ...why };
}

function userParts({ kind, seq, text, attachments }: Exclude<Entry, StepEntry>): Costed[] {
  const files = attachments.map(({ name }) => ({
    kind: 'file' as const,
    name: oneLine(name, NAME_LENGTH),
    tokens: FILE_TOKENS,
    seq,
  }));
  return [{ ...said(kind, text), seq }, ...files];
}

function stepParts(entry: StepEntry, provider: string): (Costed & { readonly sent: boolean })[] {
  return entry.pieces.flatMap((piece) => {
    const sent = isSent(entry, piece, provider);
    if (piece.kind !== 'call') return [{ ...said(piece.kind, piece.text), seq: entry.seq, sent }];
    return callParts(entry, piece).map((part) => ({ ...part, sent }));
  });
}

function callParts({ seq, results }: StepEntry, { call, tool, args }: CallPiece): Costed[] {
  const place = { name: tool, seq, call };
  const asked: Costed = { ...place, kind: 'call', tokens: withOverhead(JSON.stringify(args)) };
  const result = results.get(call);
  return result === undefined
    ? [asked]
    : [asked, { ...place, kind: 'result', tokens: withOverhead(result.text) }];
}

function said(kind: ContextKind, text: string): Costed {
  return { kind, name: oneLine(text, NAME_LENGTH), tokens: withOverhead(text) };
}

function withOverhead(text: string): number {
  return OVERHEAD_TOKENS + estimateTokens(text);
}

function sum(parts: readonly ContextPart[]): number {
  return parts.reduce((total, { tokens }) => total + tokens, 0);
}

function byKind(parts: readonly ContextPart[]): ContextReport['kinds'] {
  const kinds: ContextReport['kinds'] = {};
  for (const { kind, tokens } of parts) {
    const known = kinds[kind] ?? { parts: 0, tokens: 0 };
    kinds[kind] = { parts: known.parts + 1, tokens: known.tokens + tokens };
  }
  return kinds;
}
