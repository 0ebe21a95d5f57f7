// History, the open parts and what comes, joined without gap or repeat: the viewer is attached first, then the store is read
// up to where it was attached, then what waited is shown. A viewer that fell behind begins again from its place.
import { Flat } from '../base/index.ts';
import { CarrelError, type Cursor, type ViewItem } from '../protocol/index.ts';
import { Place } from '../session/index.ts';
import { catchUp, type Watched } from './catch-up.ts';
import type { Quota, Viewer } from './viewer.ts';
import type { Scope } from './scope.ts';

export interface FollowOptions {
  /** Instead of a cursor: everything behind this `seq`. */
  readonly after?: number;
  /** With `after`: what was seen of the parts that were open there. */
  readonly parts?: Readonly<Record<string, number>>;
  readonly cursor?: Cursor;
  readonly signal?: AbortSignal;
  /** Shared by what one follower follows; default its own. */
  readonly quota?: Quota;
}

/** One session's items, until the signal aborts, the reader leaves, the host closes. */
export function follow(watched: Watched, options: FollowOptions = {}): AsyncIterableIterator<ViewItem> {
  return new Flat(new Following(watched, options));
}

/**
 * The same in batches, some of them empty; one `next` at a time. Not a generator, because generators inside each other cost several
 * promises for each packet that a model sends. The viewer is attached before the first `next` gives way, unless a cursor is checked.
 */
export class Following implements AsyncIterator<readonly ViewItem[]> {
  readonly #watched: Watched;
  readonly #place: Place;
  readonly #signal: AbortSignal | undefined;
  readonly #quota: Quota | undefined;
  #unchecked: Cursor | undefined;
  #viewer: Viewer | undefined;
  #look: Disposable | undefined;
  /** What was written before the viewer was attached. */
  #past: AsyncGenerator<readonly ViewItem[]> | undefined;
  #attachedAt = 0;
  #over = false;

  constructor(watched: Watched, { cursor, signal, quota, after = 0, parts = {} }: FollowOptions) {
    this.#watched = watched;
    this.#place = new Place(cursor ?? { seq: after, parts });
    this.#unchecked = cursor;
    this.#signal = signal;
    this.#quota = quota;
  }

  /** Whether the past has been told, so that `next` waits for what comes and reads nothing. */
  get joined(): boolean {
    return this.#viewer !== undefined && this.#past === undefined && !this.#viewer.behind;
  }

  async next(): Promise<IteratorResult<readonly ViewItem[]>> {
    try {
      // Once attached it hears of it; asking a signal that is made of others takes time.
      if (this.#viewer === undefined && this.#signal?.aborted === true) this.#leave();
      if (this.#unchecked !== undefined) await this.#check(this.#unchecked);
      while (!this.#over) {
        const viewer = this.#viewer ?? this.#attach();
        if (this.#past !== undefined) {
          const page = await this.#past.next();
          if (page.done !== true) return page;
          this.#past = undefined;
          this.#joined();
          return { done: false, value: [] };
        }
        const items = await viewer.take();
        if (items.length > 0) return { done: false, value: this.#show(items) };
        this.#detach(viewer);
        if (!this.#over) return { done: false, value: [] };
      }
    } catch (error) {
      const closed = this.#viewer?.closed === true;
      this.#leave();
      if (!closed) throw error;
    }
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<readonly ViewItem[]>> {
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  #show(items: readonly ViewItem[]): readonly ViewItem[] {
    const taken = this.#place.takeAll(items);
    this.#place.joined();
    return taken;
  }

  #attach(): Viewer {
    const { scope, supervisor, session } = this.#watched;
    this.#look ??= scope.admission.look(session);
    this.#viewer = supervisor.hub(session).watch(this.#quota);
    this.#signal?.addEventListener('abort', this.#leave, { once: true });
    this.#attachedAt = scope.clock.monotonic();
    this.#past = catchUp(this.#watched, this.#place);
    return this.#viewer;
  }

  #joined(): void {
    const { clock, observe } = this.#watched.scope;
    observe({ type: 'opened', tookMs: clock.monotonic() - this.#attachedAt });
  }

  /** It gives nothing any more: it fell behind, and another begins from its place, or it is closed. */
  #detach(viewer: Viewer): void {
    if (viewer.closed) this.#leave();
    viewer[Symbol.dispose]();
    this.#viewer = undefined;
  }

  readonly #leave = (): void => {
    this.#over = true;
    this.#signal?.removeEventListener('abort', this.#leave);
    this.#viewer?.[Symbol.dispose]();
    this.#look?.[Symbol.dispose]();
  };

  async #check(cursor: Cursor): Promise<void> {
    const { scope, session } = this.#watched;
    await checkCursor(scope, session, cursor);
    this.#unchecked = undefined;
  }
}

async function checkCursor(scope: Scope, session: string, cursor: Cursor): Promise<void> {
  const checked = await scope.store.check(scope.owner, session, cursor);
  if (checked.ok) return;
  throw new CarrelError(
    'cursor_invalid',
    `The cursor at ${String(cursor.seq)} is not of this journal: read again from ${String(checked.common)}.`,
    {
      data: { session, common: checked.common },
    },
  );
}
