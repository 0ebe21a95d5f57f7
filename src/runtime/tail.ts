// The text of parts that are still streaming: what viewers have been shown, and what the store does not have yet.
import type { TailChunk } from '../store/index.ts';
import type { DeltaFrame, SessionEvent } from '../protocol/index.ts';

interface OpenPart {
  readonly step: string;
  readonly part: string;
  readonly kind: 'text' | 'reasoning';
  /** Pieces as they came, joined only when somebody asks. */
  pieces: string[];
  length: number;
  /** How much of it is with the store, or on its way. */
  saved: number;
}

const HIGH_SURROGATE_FIRST = 0xd800;
const HIGH_SURROGATE_LAST = 0xdbff;

/** Most sessions are idle, and share it. */
const NONE: readonly OpenPart[] = [];

export class Tail {
  /** A few at most. */
  #parts: readonly OpenPart[] = NONE;
  #dirty = false;

  /** Whether a chunk waits to be written. */
  get dirty(): boolean {
    return this.#dirty;
  }

  /** Adds text to a part and says where it goes. The text never ends inside a surrogate pair: see `wholeCharacters`. */
  add(
    at: { readonly step: string; readonly part: string; readonly kind: 'text' | 'reasoning' },
    text: string,
  ): number {
    let open = this.#open(at.part);
    if (open === undefined) {
      open = { ...at, pieces: [], length: 0, saved: 0 };
      this.#parts = [...this.#parts, open];
    }
    const offset = open.length;
    open.pieces.push(text);
    open.length += text.length;
    this.#dirty = true;
    return offset;
  }

  /** Takes what is not with the store yet, but of the parts that end in the same write. After a failed write call `unsave`. */
  takeChunks(ending: readonly string[]): readonly TailChunk[] {
    if (!this.#dirty) return [];
    this.#dirty = false;
    const chunks: TailChunk[] = [];
    for (const open of this.#parts) {
      if (open.saved === open.length || ending.includes(open.part)) continue;
      const { step, part, kind, saved } = open;
      chunks.push({ step, part, kind, offset: saved, text: textOf(open).slice(saved) });
      open.saved = open.length;
    }
    return chunks;
  }

  /** The chunks were not written: they wait again. */
  unsave(chunks: readonly TailChunk[]): void {
    for (const { part, offset } of chunks) {
      const open = this.#open(part);
      if (open !== undefined) open.saved = Math.min(open.saved, offset);
    }
    this.#dirty = this.#parts.length > 0;
  }

  /** What the store has of the open parts, after a write of which nobody knew: it wants the rest. */
  stored(parts: readonly { readonly part: string; readonly text: string }[]): void {
    const lengths = new Map(parts.map(({ part, text }) => [part, text.length]));
    this.#dirty = false;
    for (const open of this.#parts.values()) {
      open.saved = lengths.get(open.part) ?? 0;
      if (open.saved < open.length) this.#dirty = true;
    }
  }

  end(part: string): void {
    const left = this.#parts.filter((open) => open.part !== part);
    this.#parts = left.length === 0 ? NONE : left;
  }

  /** The open parts as frames, for someone who joins now. */
  frames(session: string, seq: number): readonly DeltaFrame[] {
    return this.#parts.map((open) => {
      const { step, part, kind } = open;
      return { type: 'delta', session, seq, step, part, kind, offset: 0, text: textOf(open) };
    });
  }

  /** UTF-16 units of text held. */
  get size(): number {
    return this.#parts.reduce((sum, { length }) => sum + length, 0);
  }

  #open(part: string): OpenPart | undefined {
    return this.#parts.find((open) => open.part === part);
  }
}

function textOf(open: OpenPart): string {
  if (open.pieces.length > 1) open.pieces = [open.pieces.join('')];
  return open.pieces[0] ?? '';
}

/** The parts that end with these events. */
export function endedParts(events: readonly SessionEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'text.ended' || event.type === 'reasoning.ended' ? [event.data.part] : [],
  );
}

/** Splits text so that the first piece does not end inside a surrogate pair; the rest waits for its other half. */
export function wholeCharacters(text: string): { readonly whole: string; readonly rest: string } {
  const last = text.charCodeAt(text.length - 1);
  if (!(last >= HIGH_SURROGATE_FIRST && last <= HIGH_SURROGATE_LAST)) return { whole: text, rest: '' };
  return { whole: text.slice(0, -1), rest: text.slice(-1) };
}
