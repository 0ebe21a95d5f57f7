// What viewers are sent, as text. An event that many follow is encoded once.
import type { DeltaFrame, ViewItem } from '../protocol/index.ts';

const encoded = new WeakMap<ViewItem, string>();

export function encodeItem(item: ViewItem): string {
  const known = encoded.get(item);
  if (known !== undefined) return known;
  const text = JSON.stringify(item);
  encoded.set(item, text);
  return text;
}

/** Frames that follow each other in one part become one: the same text in fewer words. */
export function coalesce(items: readonly ViewItem[]): readonly ViewItem[] {
  const out: ViewItem[] = [];
  for (const item of items) {
    const last = out.at(-1);
    if (last !== undefined && continues(last, item)) out[out.length - 1] = joined(last, item);
    else out.push(item);
  }
  return out;
}

type Pair = readonly [DeltaFrame, DeltaFrame];

function continues(last: ViewItem, item: ViewItem): boolean {
  if (last.type !== 'delta' || item.type !== 'delta') return false;
  return last.part === item.part && last.seq === item.seq && last.offset + last.text.length === item.offset;
}

function joined(...[first, second]: Pair | readonly [ViewItem, ViewItem]): ViewItem {
  return { ...(first as DeltaFrame), text: (first as DeltaFrame).text + (second as DeltaFrame).text };
}
