// What a viewer has seen of a session, so that whatever is shown again to it is shown once.
import type { Cursor, DeltaFrame, ViewItem } from '../protocol/index.ts';

/** What the reader has seen: the last event, and how much of each open part. */
export class Place {
  seq: number;
  readonly parts: Map<string, number>;
  /** Parts whose end was read while frames of them may still wait to be shown. */
  readonly #ended = new Set<string>();

  constructor({ seq, parts = {} }: Pick<Cursor, 'seq' | 'parts'>) {
    this.seq = seq;
    this.parts = new Map(Object.entries(parts));
  }

  /** What of these is new. */
  takeAll(items: readonly ViewItem[]): readonly ViewItem[] {
    const taken: ViewItem[] = [];
    for (const item of items) {
      const news = this.#take(item);
      if (news !== undefined) taken.push(news);
    }
    return taken;
  }

  /** Everything that waited was taken: what comes now comes in its order. */
  joined(): void {
    // Clearing makes a new table, also of an empty set, and this is done for each packet of each viewer.
    if (this.#ended.size > 0) this.#ended.clear();
  }

  #take(item: ViewItem): ViewItem | undefined {
    return item.type === 'delta' ? this.#takeDelta(item) : this.#takeEvent(item);
  }

  #takeEvent(event: Exclude<ViewItem, DeltaFrame>): ViewItem | undefined {
    if (event.seq <= this.seq) return undefined;
    this.seq = event.seq;
    if (event.type !== 'text.ended' && event.type !== 'reasoning.ended') return event;
    this.parts.delete(event.data.part);
    this.#ended.add(event.data.part);
    return event;
  }

  #takeDelta(frame: DeltaFrame): ViewItem | undefined {
    const seen = this.parts.get(frame.part) ?? 0;
    const end = frame.offset + frame.text.length;
    if (end <= seen || this.#ended.has(frame.part)) return undefined;
    this.parts.set(frame.part, end);
    if (frame.offset >= seen && frame.seq >= this.seq) return frame;
    // It may have waited while later events were read: it comes behind them now.
    const offset = Math.max(frame.offset, seen);
    return {
      ...frame,
      seq: Math.max(frame.seq, this.seq),
      offset,
      text: frame.text.slice(offset - frame.offset),
    };
  }
}
