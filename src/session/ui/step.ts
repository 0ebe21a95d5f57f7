import type { DeltaFrame, EventOf } from '../../protocol/index.ts';
import type { UiChunk } from './chunks.ts';

type Ended = EventOf<'text.ended'> | EventOf<'reasoning.ended'>;

/** The text of one step, as far as it was shown. */
export class UiStep {
  readonly id: string | undefined;
  /** UTF-16 units that were shown of open parts. */
  readonly #open = new Map<string, number>();
  /** To be shown again where a part turns out shorter than what was shown of it. */
  #whole: UiChunk[] = [];

  constructor(id: string | undefined) {
    this.id = id;
  }

  delta({ part: id, kind, offset, text }: DeltaFrame): readonly UiChunk[] {
    const shown = this.#open.get(id);
    this.#open.set(id, offset + text.length);
    const piece: UiChunk = { type: `${kind}-delta`, id, delta: text };
    return shown === undefined ? [{ type: `${kind}-start`, id }, piece] : [piece];
  }

  /** The whole text replaces what was shown, even if that was longer: the last of it may not have been kept. */
  ended({ type, data }: Ended): readonly UiChunk[] {
    const kind = type === 'text.ended' ? 'text' : 'reasoning';
    const { part: id, text } = data;
    const shown = this.#open.get(id);
    this.#open.delete(id);
    const end: UiChunk = { type: `${kind}-end`, id };
    const before = this.#whole;
    this.#whole = [...before, { type: `${kind}-start`, id }, { type: `${kind}-delta`, id, delta: text }, end];
    if (shown === undefined) return this.#whole.slice(before.length);
    if (shown > text.length) {
      this.#open.clear();
      return [{ type: 'reset-step' }, ...this.#whole];
    }
    return shown === text.length ? [end] : [{ type: `${kind}-delta`, id, delta: text.slice(shown) }, end];
  }

  /** What it showed does not count any more. */
  retry(): readonly UiChunk[] {
    this.#open.clear();
    this.#whole = [];
    return [{ type: 'reset-step' }];
  }
}
