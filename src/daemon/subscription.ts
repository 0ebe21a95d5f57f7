// One session followed over one connection. What comes within one turn of the event loop goes out as one message; while the
// connection is full nothing is taken, and the host then has this reader begin again from its place, streaming text joined.
import { codeOf, toErrorInfo, toRpcError, type ViewItem } from '../protocol/index.ts';
import { coalesce, encodeItem } from './encode.ts';
import type { Outgoing } from './outgoing.ts';

/** Of one message, about: a long history comes in pieces that can be read while the next one is made. */
const MOST_BYTES = 256 * 1024;
/** What a frame of streaming text has beside its text. */
const FRAME_BYTES = 160;

export class Subscription {
  readonly #id: string;
  readonly #outgoing: Outgoing;
  #batch: ViewItem[] = [];
  #bytes = 0;
  #flush: NodeJS.Immediate | undefined;

  constructor(id: string, outgoing: Outgoing) {
    this.#id = id;
    this.#outgoing = outgoing;
  }

  /** Until the items end or fail; then `follow/ended` goes out. Never rejects. */
  async run(items: AsyncIterable<ViewItem>): Promise<void> {
    try {
      for await (const item of items) {
        this.#add(item);
        if (this.#bytes > MOST_BYTES) this.#send();
        if (this.#outgoing.full) await this.#outgoing.room();
      }
      this.#send();
      this.#outgoing.notify('follow/ended', { subscription: this.#id });
    } catch (error) {
      this.#send();
      const ended = codeOf(error) === 'cancelled' ? {} : { error: toRpcError(toErrorInfo(error)) };
      this.#outgoing.notify('follow/ended', { subscription: this.#id, ...ended });
    }
  }

  #add(item: ViewItem): void {
    this.#batch.push(item);
    this.#bytes += item.type === 'delta' ? item.text.length + FRAME_BYTES : encodeItem(item).length;
    this.#flush ??= setImmediate(() => this.#send());
  }

  #send(): void {
    clearImmediate(this.#flush);
    this.#flush = undefined;
    if (this.#batch.length === 0) return;
    const items = coalesce(this.#batch).map(encodeItem).join(',');
    [this.#batch, this.#bytes] = [[], 0];
    const head = `{"jsonrpc":"2.0","method":"follow/items","params":{"subscription":"${this.#id}","items":[`;
    this.#outgoing.send(`${head}${items}]}}`);
  }
}
