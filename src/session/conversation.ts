// The messages of a journal: a projection, folded one event at a time. Control state knows nothing of it.
import type { Attachment, EventOf, ProviderData, SessionEvent } from '../protocol/index.ts';
import { isKnownEvent } from '../protocol/index.ts';
import { MAX_COMPACTED } from './state.ts';
import { correctionOf } from './tokens.ts';
import type { JsonObject } from '../base/index.ts';

export interface TextPiece {
  readonly kind: 'text' | 'reasoning';
  readonly text: string;
  readonly interrupted: boolean;
  readonly provider?: ProviderData;
}

export interface CallPiece {
  readonly kind: 'call';
  readonly call: string;
  readonly seq: number;
  readonly tool: string;
  readonly args: JsonObject;
  readonly raw?: string;
  readonly provider?: ProviderData;
}

export interface CallResult {
  readonly status: EventOf<'tool.finished'>['data']['status'];
  readonly text: string;
  readonly tookMs?: number;
}

interface Place {
  /** Of the event that made it: what a cut is compared with. */
  readonly seq: number;
  readonly at: number;
  readonly turn: string | undefined;
}

export interface UserEntry extends Place {
  readonly kind: 'user' | 'note';
  readonly text: string;
  readonly attachments: readonly Attachment[];
  readonly source?: EventOf<'input.accepted'>['data']['source'];
}

/** One step: what the model said, and what became of its calls. `open` until its `step.finished`. */
export interface StepEntry extends Place {
  readonly kind: 'step';
  readonly step: string;
  state: 'open' | 'finished' | 'interrupted';
  pieces: (TextPiece | CallPiece)[];
  readonly results: Map<string, CallResult>;
}

export type Entry = UserEntry | StepEntry;

/** What stands for the messages of events before `before`. */
export interface Summary {
  readonly id: string;
  /** Of its event. */
  readonly seq: number;
  readonly before: number;
  readonly text: string;
}

/** Where what is sent begins. */
type Start = Pick<Conversation, 'cutAt' | 'cutBefore' | 'summary'>;

/**
 * Folds events, in order, into entries. It needs the journal from its start, or from any event before which nothing was
 * queued: an input is shown where it was delivered, and its text came with `input.accepted`.
 */
export class Conversation {
  readonly entries: Entry[] = [];
  /** By what estimates are multiplied. */
  correction = 1;
  /** Where the newest cut stands in the journal. */
  cutAt = Infinity;
  cutBefore = 0;
  summary: Summary | undefined;
  /** UTF-16 units of text held, about. */
  size = 0;
  #seq = 0;
  /** What each compaction that can be undone has replaced, newest last. */
  #replaced: (Start & { readonly id: string })[] = [];
  readonly #queued = new Map<string, EventOf<'input.accepted'>>();

  /** The last event folded in. */
  get seq(): number {
    return this.#seq;
  }

  add(event: SessionEvent): void {
    this.#seq = event.seq;
    if (!isKnownEvent(event)) return;
    this.size += sizeOf(event);
    switch (event.type) {
      case 'input.accepted':
        this.#queued.set(event.data.command, event);
        return;
      case 'input.withdrawn':
        this.#queued.delete(event.data.command);
        return;
      case 'input.delivered':
        this.#deliver(event);
        return;
      case 'context.added':
        this.#addUser(event, event.data.role, event.data.text);
        return;
      case 'context.cut':
        this.cutBefore = event.data.before;
        this.cutAt = event.seq;
        return;
      case 'context.compacted':
        this.#compact(event);
        return;
      case 'context.uncompacted':
        this.#uncompact(event.data.compaction);
        return;
      case 'step.started':
        this.entries.push({
          ...place(event),
          kind: 'step',
          step: event.step ?? '',
          state: 'open',
          pieces: [],
          results: new Map(),
        });
        return;
      case 'session.recovered':
      case 'session.failed':
        this.#interrupt();
        return;
      default:
        this.#addToStep(event);
    }
  }

  addAll(events: readonly SessionEvent[]): this {
    for (const event of events) this.add(event);
    return this;
  }

  step(id: string | undefined): StepEntry | undefined {
    return this.entries.findLast((entry): entry is StepEntry => entry.kind === 'step' && entry.step === id);
  }

  /** The arguments of a call that was asked for. */
  call(id: string): CallPiece | undefined {
    for (const entry of this.entries.toReversed()) {
      if (entry.kind !== 'step') continue;
      for (const piece of entry.pieces) if (piece.kind === 'call' && piece.call === id) return piece;
    }
    return undefined;
  }

  #deliver(event: EventOf<'input.delivered'>): void {
    const input = this.#queued.get(event.data.command);
    if (input === undefined) return;
    this.#queued.delete(event.data.command);
    const { text, attachments, source } = input.data;
    this.entries.push({ ...place(event), kind: 'user', text, attachments: attachments ?? [], source });
  }

  #addUser(event: SessionEvent, kind: 'user' | 'note', text: string): void {
    this.entries.push({ ...place(event), kind, text, attachments: [] });
  }

  #compact({ seq, data: { compaction: id, before, summary: text } }: EventOf<'context.compacted'>): void {
    const { cutAt, cutBefore, summary } = this;
    this.#replaced = [...this.#replaced, { id, cutAt, cutBefore, summary }].slice(-MAX_COMPACTED);
    this.summary = { id, seq, before, text };
    this.cutBefore = before;
    this.cutAt = seq;
  }

  #uncompact(id: string): void {
    const index = this.#replaced.findIndex((replaced) => replaced.id === id);
    const start = this.#replaced[index];
    if (start === undefined) return;
    this.#replaced = this.#replaced.slice(0, index);
    this.summary = start.summary;
    this.cutBefore = start.cutBefore;
    this.cutAt = start.cutAt;
  }

  #interrupt(): void {
    const last = this.entries.findLast((entry) => entry.kind === 'step');
    if (last?.kind === 'step' && last.state === 'open') last.state = 'interrupted';
  }

  #addToStep(event: SessionEvent): void {
    const entry = this.step(event.step);
    if (entry === undefined) return;
    switch (event.type) {
      case 'text.ended':
      case 'reasoning.ended':
        entry.pieces.push(textPiece(event));
        return;
      case 'tool.requested':
        entry.pieces.push(callPiece(event));
        return;
      case 'tool.finished':
        entry.results.set(event.call ?? '', callResult(event));
        return;
      case 'step.retried':
        entry.pieces = [];
        return;
      case 'step.finished':
        this.correction = correctionOf(event.data) ?? this.correction;
        entry.state =
          event.data.reason === 'failed' || event.data.reason === 'cancelled' ? 'interrupted' : 'finished';
        return;
      default:
    }
  }
}

/** What an entry costs beside its text. */
const ENTRY_SIZE = 200;

function sizeOf({ type, data }: SessionEvent): number {
  if (
    type === 'input.accepted' ||
    type === 'context.added' ||
    type === 'text.ended' ||
    type === 'reasoning.ended'
  )
    return ENTRY_SIZE + data.text.length;
  if (type === 'context.compacted') return ENTRY_SIZE + data.summary.length;
  if (type === 'tool.finished') return ENTRY_SIZE + data.output.text.length;
  return type === 'tool.requested' ? ENTRY_SIZE + JSON.stringify(data.args).length : 0;
}

function place(event: SessionEvent): Place {
  return { seq: event.seq, at: event.at, turn: event.turn };
}

function textPiece({ type, data }: EventOf<'text.ended' | 'reasoning.ended'>): TextPiece {
  return {
    kind: type === 'text.ended' ? 'text' : 'reasoning',
    text: data.text,
    interrupted: data.interrupted ?? false,
    ...(data.provider === undefined ? {} : { provider: data.provider }),
  };
}

function callPiece({ call, seq, data }: EventOf<'tool.requested'>): CallPiece {
  return {
    kind: 'call',
    call: call ?? '',
    seq,
    tool: data.tool,
    args: data.args,
    ...(data.raw === undefined ? {} : { raw: data.raw }),
    ...(data.provider === undefined ? {} : { provider: data.provider }),
  };
}

function callResult({ data }: EventOf<'tool.finished'>): CallResult {
  const { status, output, tookMs } = data;
  return { status, text: output.text, ...(tookMs === undefined ? {} : { tookMs }) };
}
