// What viewers are sent, as text. An event that many follow is encoded once, and so is what came to many of them together.
import type { FollowItem } from '../protocol/index.ts';
import { coalesce } from '../runtime/index.ts';

const encoded = new WeakMap<FollowItem, string>();

export function encodeItem(item: FollowItem): string {
  const known = encoded.get(item);
  if (known !== undefined) return known;
  const text = JSON.stringify(item);
  encoded.set(item, text);
  return text;
}

interface Batch {
  readonly items: readonly FollowItem[];
  readonly text: string;
}

/** By their first item; they are gone when it is. */
const batches = new WeakMap<FollowItem, Batch>();

/** The items behind each other, with commas between them; frames that go on are joined. */
export function encodeBatch(items: readonly FollowItem[]): string {
  const [first] = items;
  if (first === undefined) return '';
  const known = batches.get(first);
  if (known !== undefined && isSame(known.items, items)) return known.text;
  const text = coalesce(items).map(encodeItem).join(',');
  batches.set(first, { items, text });
  return text;
}

/** The very same items: viewers of one session are handed one object each time. */
function isSame(one: readonly FollowItem[], other: readonly FollowItem[]): boolean {
  return one.length === other.length && one.every((item, at) => item === other[at]);
}
