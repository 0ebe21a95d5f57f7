// One session followed over one connection. What came since the last turn of the event loop goes out as one message, at once; while
// the connection is full nothing is taken, and the host then has this reader begin again from its place, streaming text joined.
import { codeOf, toErrorInfo, toRpcError, type FollowItem } from '../protocol/index.ts';
import { encodeBatch, encodeItem } from './encode.ts';
import type { Outgoing } from './outgoing.ts';
import { turnOfLoop } from './turn-of-loop.ts';

/** Of one message, about: a long history comes in pieces that can be read while the next one is made. */
const MOST_BYTES = 256 * 1024;
/** What a frame of streaming text has beside its text. */
const FRAME_BYTES = 160;

export class Subscription {
  readonly #head: string;
  readonly #id: string;
  readonly #outgoing: Outgoing;

  constructor(id: string, outgoing: Outgoing) {
    this.#id = id;
    this.#outgoing = outgoing;
    this.#head = `{"jsonrpc":"2.0","method":"follow/items","params":{"subscription":"${id}","items":[`;
  }

  /** Until the items end or fail; then `follow/ended` goes out. Never rejects. */
  async run(batches: AsyncIterator<readonly FollowItem[]>): Promise<void> {
    try {
      for (let next = await batches.next(); next.done !== true; next = await batches.next())
        if (next.value.length > 0) await this.#pass(next.value);
      this.#outgoing.notify('follow/ended', { subscription: this.#id });
    } catch (error) {
      const ended = codeOf(error) === 'cancelled' ? {} : { error: toRpcError(toErrorInfo(error)) };
      this.#outgoing.notify('follow/ended', { subscription: this.#id, ...ended });
    }
  }

  async #pass(items: readonly FollowItem[]): Promise<void> {
    for (const piece of pieces(items)) {
      this.#outgoing.send(`${this.#head}${encodeBatch(piece)}]}}`);
      if (this.#outgoing.full) await this.#outgoing.room();
    }
    await turnOfLoop();
  }
}

/** The items themselves when they fit one message, as nearly all do. */
function pieces(items: readonly FollowItem[]): readonly (readonly FollowItem[])[] {
  const out: (readonly FollowItem[])[] = [];
  let [start, bytes] = [0, 0];
  for (const [at, item] of items.entries()) {
    bytes += item.type === 'delta' ? item.text.length + FRAME_BYTES : encodeItem(item).length;
    if (bytes <= MOST_BYTES) continue;
    out.push(items.slice(start, at + 1));
    [start, bytes] = [at + 1, 0];
  }
  if (start === 0) return [items];
  return start < items.length ? [...out, items.slice(start)] : out;
}
