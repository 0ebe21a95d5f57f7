// What viewers are sent, as text. An event that many follow is encoded once, and so is what came to many of them together.
import type { DeltaFrame, ViewItem } from '../protocol/index.ts';

const encoded = new WeakMap<ViewItem, string>();

export function encodeItem(item: ViewItem): string {
  const known = encoded.get(item);
  if (known !== undefined) return known;
  const text = JSON.stringify(item);
  encoded.set(item, text);
  return text;
}

interface Batch {
  readonly items: readonly ViewItem[];
  readonly text: string;
}

/** By their first item; they are gone when it is. */
const batches = new WeakMap<ViewItem, Batch>();

/** The items behind each other, with commas between them; frames that go on are joined. */
export function encodeBatch(items: readonly ViewItem[]): string {
  const [first] = items;
  if (first === undefined) return '';
  const known = batches.get(first);
  if (known !== undefined && isSame(known.items, items)) return known.text;
  const text = coalesce(items).map(encodeItem).join(',');
  batches.set(first, { items, text });
  return text;
}

/** The very same items: viewers of one session are handed one object each time. */
function isSame(one: readonly ViewItem[], other: readonly ViewItem[]): boolean {
  return one.length === other.length && one.every((item, at) => item === other[at]);
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
