// Fan-out inside the process. Publishing never waits for a viewer and never fails because of one.
import type { DeltaFrame, SessionEvent, ViewItem } from '../protocol/index.ts';
import { ITEM_BYTES, Quota, Viewer } from './viewer.ts';

/** What it gives is looked at only to hear of an asynchronous one's failure. */
type Listener = (event: SessionEvent) => unknown;

export interface HubOptions {
  /** Hears what a listener threw. */
  readonly onFault: (error: unknown) => void;
  /** A viewer was too slow, and is to read on from the store. */
  readonly onBehind?: () => void;
  /** Nobody watches any more. */
  readonly onIdle?: () => void;
}

interface Entry {
  readonly type: string;
  readonly listener: Listener;
}

/** Most sessions are watched by nobody, and share it. */
const NOBODY: readonly never[] = [];

/** Everyone who watches one session. */
export class Hub {
  /** Replaced when one comes or goes, so that whoever is going through them meets each once. */
  #viewers: readonly Viewer[] = NOBODY;
  #listeners: readonly Entry[] = NOBODY;
  readonly #options: HubOptions;
  #closed = false;
  /** The last event that everyone was shown; 0 before the session was live. */
  seq = 0;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  get viewers(): number {
    return this.#viewers.length;
  }

  get idle(): boolean {
    return this.#viewers.length === 0 && this.#listeners.length === 0;
  }

  /** With the `quota` of a follower who watches others too. */
  watch(quota = new Quota()): Viewer {
    const leave = (): void => {
      if (!this.#viewers.includes(viewer)) return;
      this.#viewers = without(this.#viewers, viewer);
      this.#left();
    };
    const viewer = new Viewer({ leave, onBehind: () => this.#options.onBehind?.(), quota });
    if (this.#closed) viewer.close();
    else this.#viewers = [...this.#viewers, viewer];
    return viewer;
  }

  on(type: string, listener: Listener): Disposable {
    const entry = { type, listener };
    this.#listeners = [...this.#listeners, entry];
    return {
      [Symbol.dispose]: () => {
        if (!this.#listeners.includes(entry)) return;
        this.#listeners = without(this.#listeners, entry);
        this.#left();
      },
    };
  }

  publish(events: readonly SessionEvent[]): void {
    this.seq = events.at(-1)?.seq ?? this.seq;
    if (this.idle) return;
    for (const event of events) {
      if (this.#viewers.length > 0) this.#deliver(event, ITEM_BYTES + sizeOf(event));
      for (const { type, listener } of this.#listeners)
        if (type === '*' || type === event.type) this.#call(listener, event);
    }
  }

  publishDelta(frame: DeltaFrame): void {
    this.#deliver(frame, ITEM_BYTES + frame.text.length);
  }

  /** Something may have been written that nobody here was shown. */
  readAgain(): void {
    for (const viewer of this.#viewers) viewer.fallBehind();
  }

  close(): void {
    this.#closed = true;
    for (const viewer of this.#viewers) viewer.close();
    this.#listeners = NOBODY;
  }

  /** Bytes that wait for viewers, about. */
  get bytes(): number {
    return this.#viewers.reduce((sum, viewer) => sum + viewer.bytes, 0);
  }

  #left(): void {
    if (this.idle) this.#options.onIdle?.();
  }

  #deliver(item: ViewItem, bytes: number): void {
    for (const viewer of this.#viewers) viewer.push(item, bytes);
  }

  #call(listener: Listener, event: SessionEvent): void {
    const { onFault } = this.#options;
    try {
      const given = listener(event);
      if (given instanceof Promise) given.catch(onFault);
    } catch (error) {
      onFault(error);
    }
  }
}

function sizeOf(event: SessionEvent): number {
  return JSON.stringify(event.data).length;
}

function without<T>(all: readonly T[], one: T): readonly T[] {
  const left = all.filter((other) => other !== one);
  return left.length === 0 ? NOBODY : left;
}
