// One follower's end of a hub. Nothing here ever waits for it: what does not fit is joined, and then left to be read again.
import type { ViewItem } from '../protocol/index.ts';
import { coalesce } from './coalesce.ts';

/** Bytes (estimated) that may wait for one follower, of all sessions that it follows together; a slower one reads again from the store. */
const VIEWER_QUEUE_BYTES = 1024 * 1024;
/** What an item costs beside its text. */
export const ITEM_BYTES = 200;
/** Joining that makes less room than this is soon needed again. */
const WORTHWHILE_BYTES = VIEWER_QUEUE_BYTES / 4;

/** What waits for one follower, who may follow several sessions. */
export class Quota {
  bytes = 0;
}

/** `behind` is set when its queue overflowed or something passed it by: it then gets nothing more and reads from the store. */
export class Viewer implements Disposable {
  #items: ViewItem[] = [];
  #bytes = 0;
  #wake: (() => void) | undefined;
  readonly #leave: () => void;
  readonly #onBehind: () => void;
  readonly #quota: Quota;
  behind = false;
  closed = false;

  constructor({ leave, onBehind, quota }: { leave: () => void; onBehind: () => void; quota: Quota }) {
    this.#leave = leave;
    this.#onBehind = onBehind;
    this.#quota = quota;
  }

  /** That wait for it, about. */
  get bytes(): number {
    return this.#bytes;
  }

  push(item: ViewItem, bytes: number): void {
    if (this.behind) return;
    if (this.#quota.bytes + bytes > VIEWER_QUEUE_BYTES && !this.#makeRoom()) return this.fallBehind();
    this.#items.push(item);
    this.#count(bytes);
    this.#signal();
  }

  fallBehind(): void {
    if (this.behind) return;
    this.behind = true;
    this.#empty();
    this.#onBehind();
    this.#signal();
  }

  /** Everything that came since the last call; waits until there is something. Nothing: the viewer fell behind, or is closed. */
  async take(): Promise<readonly ViewItem[]> {
    if (this.#items.length === 0 && !this.behind && !this.closed)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    const items = this.#items;
    this.#empty();
    return items;
  }

  close(): void {
    this.closed = true;
    this.#signal();
  }

  [Symbol.dispose](): void {
    this.#leave();
    this.#empty();
    this.close();
  }

  /** Streaming text is joined first: whoever is slow is told it in fewer words. */
  #makeRoom(): boolean {
    const before = this.#items.length;
    this.#items = [...coalesce(this.#items)];
    const freed = (before - this.#items.length) * ITEM_BYTES;
    this.#count(-freed);
    return freed >= WORTHWHILE_BYTES;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#quota.bytes += bytes;
  }

  #empty(): void {
    this.#items = [];
    this.#count(-this.#bytes);
  }

  #signal(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
