// One answer while it arrives: pieces are shown at once, whole parts and calls are kept for the end of the step.
import { unreachable, type Json } from '../../base/index.ts';
import type { ProviderData, Usage } from '../../protocol/index.ts';
import type { ModelFailure, ModelPart } from '../../model/index.ts';
import type { PartText } from '../../session/index.ts';
import { wholeCharacters } from '../tail.ts';

/** Where a piece belongs. */
export interface PartPlace {
  readonly step: string;
  readonly part: string;
  readonly kind: 'text' | 'reasoning';
}

interface Growing {
  readonly at: PartPlace;
  pieces: string[];
  /** Half a surrogate pair that waits for the other half. */
  carry: string;
  provider: ProviderData | undefined;
}

export interface RawCall {
  readonly tool: string;
  readonly args: string;
  readonly provider?: ProviderData;
}

export type Ending =
  | {
      readonly kind: 'finished';
      readonly reason: 'stop' | 'calls' | 'length' | 'filter';
      readonly usage: Usage;
    }
  | { readonly kind: 'failed'; readonly failure: ModelFailure };

type Show = (at: PartPlace, text: string) => void;

export class Answer {
  readonly calls: RawCall[] = [];
  readonly adjusted: { parameter: string; from: Json; to: Json; why: string }[] = [];
  ending: Ending | undefined;
  /** The request is being made: from here on it may cost something. */
  begun = false;
  #heard = false;
  readonly #step: string;
  readonly #prefix: string;
  readonly #show: Show;
  readonly #growing = new Map<number, Growing>();

  /** Part ids are made from the step, the attempt and the part's index: unique in the session. */
  constructor({ step, attempt }: { readonly step: string; readonly attempt: number }, show: Show) {
    this.#step = step;
    this.#prefix = `prt_${step.slice('stp_'.length)}.${String(attempt)}`;
    this.#show = show;
  }

  /** Parts so far, in their order; `shown` when any of them has text. */
  get parts(): readonly PartText[] {
    return [...this.#growing.entries()]
      .toSorted(([a], [b]) => a - b)
      .map(
        ([
          ,
          {
            at: { kind, part },
            pieces,
            carry,
            provider,
          },
        ]) => {
          const text = pieces.join('') + carry;
          return { kind, part, text, ...(provider === undefined ? {} : { provider }) };
        },
      );
  }

  /**
   * It may have cost something, and nobody will say what. A request that failed before any of its answer came is taken as free,
   * unless it was we who stopped listening.
   */
  get unreported(): boolean {
    if (!this.begun || this.ending?.kind === 'finished') return false;
    const code = this.ending?.failure.code;
    return this.#heard || code === 'timeout' || code === 'cancelled';
  }

  add(piece: ModelPart): void {
    this.#heard ||= piece.type !== 'failed' && piece.type !== 'adjusted';
    switch (piece.type) {
      case 'text':
      case 'reasoning':
        return this.#grow(piece.index, piece.type, piece.text);
      case 'ended':
        return this.#end(piece.index, piece.provider);
      case 'call-progress':
        return;
      case 'call': {
        const { tool, args, provider } = piece;
        this.calls.push({ tool, args, ...(provider === undefined ? {} : { provider }) });
        return;
      }
      case 'adjusted': {
        const { parameter, from, to, why } = piece;
        this.adjusted.push({ parameter, from, to, why });
        return;
      }
      case 'finished':
        this.ending = { kind: 'finished', reason: piece.reason, usage: piece.usage };
        return;
      case 'failed':
        this.ending = { kind: 'failed', failure: piece.failure };
        return;
      default:
        unreachable(piece);
    }
  }

  #open(index: number, kind: 'text' | 'reasoning'): Growing {
    const open = this.#growing.get(index);
    if (open !== undefined) return open;
    const growing: Growing = {
      at: { step: this.#step, part: `${this.#prefix}.${String(index)}`, kind },
      pieces: [],
      carry: '',
      provider: undefined,
    };
    this.#growing.set(index, growing);
    return growing;
  }

  #grow(index: number, kind: 'text' | 'reasoning', text: string): void {
    const open = this.#open(index, kind);
    const { whole, rest } = wholeCharacters(open.carry + text);
    open.carry = rest;
    if (whole === '') return;
    open.pieces.push(whole);
    this.#show(open.at, whole);
  }

  /** Opaque data may come for a part without any text, as with encrypted reasoning. */
  #end(index: number, provider: ProviderData | undefined): void {
    if (provider !== undefined) this.#open(index, 'reasoning').provider = provider;
  }
}
