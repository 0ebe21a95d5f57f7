// The list of all sessions as it changes. What waits for the reader is the names of those that changed, each once: a row is read when
// it is told, so a session that changes a thousand times meanwhile is told once, as it is then.
import { setImmediate } from 'node:timers/promises';
import type { ListFrom, ListItem } from '../protocol/index.ts';
import type { Head } from '../store/index.ts';
import type { Scope } from './scope.ts';

/** Rows of one batch. */
const PAGE = 200;
/** Names that may wait for a reader; with more of them it is told the whole list again. */
const MOST_CHANGED = 10_000;

type Batch = IteratorResult<readonly ListItem[]>;

export interface ListFollowOptions extends ListFrom {
  readonly signal?: AbortSignal;
  /** Aborts when the host closes. */
  readonly ending: AbortSignal;
}

/** Items in batches; one `next` at a time. Ends when the signal aborts, the reader leaves, or the host closes. */
export class ListFollowing implements AsyncIterator<readonly ListItem[]> {
  readonly #scope: Scope;
  readonly #signals: readonly AbortSignal[];
  readonly #changed = new Set<string>();
  #place: number | undefined;
  /** The whole list, while it is told. */
  #pages: AsyncGenerator<readonly ListItem[]> | undefined;
  #heads: Disposable | undefined;
  #wake: (() => void) | undefined;
  #over = false;

  constructor(scope: Scope, { place, signal, ending }: ListFollowOptions) {
    this.#scope = scope;
    this.#place = place;
    this.#signals = signal === undefined ? [ending] : [ending, signal];
  }

  async next(): Promise<Batch> {
    try {
      if (this.#signals.some(({ aborted }) => aborted)) this.#leave();
      if (!this.#over && this.#heads === undefined) await this.#attach();
      while (!this.#over) {
        const page = await this.#pages?.next();
        if (page?.done === false) return page;
        this.#pages = undefined;
        if (this.#changed.size === 0) await this.#more();
        // All of a tick together; and by then the state of a session is as its row says.
        await setImmediate();
        if (this.#isWhole()) continue;
        if (!this.#over) return { done: false, value: await this.#changes() };
      }
    } catch (error) {
      const isOver = this.#over;
      this.#leave();
      if (!isOver) throw error;
    }
    return { done: true, value: undefined };
  }

  return(): Promise<Batch> {
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  async #attach(): Promise<void> {
    const { owner, store } = this.#scope;
    for (const signal of this.#signals) signal.addEventListener('abort', this.#leave, { once: true });
    this.#heads = store.onHeads((heads) => this.#moved(heads));
    const moved = this.#place === undefined ? undefined : await store.moved(owner, this.#place);
    if (moved === undefined) this.#pages = this.#whole();
    else for (const session of [...moved.sessions, ...moved.erased]) this.#changed.add(session);
    // With nothing to tell, that is told.
    if (moved !== undefined && this.#changed.size === 0) this.#pages = this.#current();
  }

  #moved(heads: readonly Head[]): void {
    for (const { session } of heads) this.#changed.add(session);
    this.#signalMore();
  }

  /** Whether the whole list is to be told again. */
  #isWhole(): boolean {
    if (this.#changed.size <= MOST_CHANGED) return false;
    this.#changed.clear();
    this.#pages = this.#whole();
    return true;
  }

  async *#whole(): AsyncGenerator<readonly ListItem[]> {
    const { owner, store } = this.#scope;
    // Whatever is committed later is told as a change.
    const place = store.place();
    yield [{ type: 'whole' }];
    let after: string | undefined;
    do {
      const page = await store.list({ owner, limit: PAGE, ...(after === undefined ? {} : { after }) });
      yield page.sessions.map((row) => ({ type: 'row', row }));
      after = page.next;
    } while (after !== undefined);
    yield [{ type: 'current', place }];
  }

  async *#current(): AsyncGenerator<readonly ListItem[]> {
    yield await Promise.resolve([{ type: 'current', place: this.#scope.store.place() }]);
  }

  /** The place is good when nothing before it is left untold: it is taken together with the names. */
  async #changes(): Promise<readonly ListItem[]> {
    const { owner, store } = this.#scope;
    const place = store.place();
    const names = [...this.#changed].slice(0, PAGE);
    for (const name of names) this.#changed.delete(name);
    const isAll = this.#changed.size === 0;
    const items = await Promise.all(
      names.map(async (session): Promise<ListItem> => {
        const row = await store.summary(owner, session);
        return row === undefined ? { type: 'removed', session } : { type: 'row', row };
      }),
    );
    return isAll ? [...items, { type: 'current', place }] : items;
  }

  async #more(): Promise<void> {
    if (this.#over) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  #signalMore(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  readonly #leave = (): void => {
    this.#over = true;
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#leave);
    this.#heads?.[Symbol.dispose]();
    this.#changed.clear();
    this.#signalMore();
  };
}
