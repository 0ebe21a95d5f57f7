// A session and all that is spawned below it, as one stream. Each session has its own following; here they are put in one line: past
// first, one page at a time, so that a large family costs no more memory than a small one, then whatever comes. A child's items come
// behind the `child.started` that names it. What waits for the reader is bounded for all of them together.
import { CarrelError, codeOf, type FollowFrom, type SubtreeFrom, type ViewItem } from '../protocol/index.ts';
import { birthOf, isBelow } from '../session/index.ts';
import type { Head } from '../store/index.ts';
import type { Watched } from './catch-up.ts';
import { Following } from './follow.ts';
import { Quota } from './viewer.ts';

interface Lane {
  readonly session: string;
  readonly following: Following;
  /** Children that were called for up to here are not told of any more: they are looked for. */
  readonly start: number;
}

type Batch = IteratorResult<readonly ViewItem[]>;

interface Given {
  readonly lane: Lane;
  readonly batch?: Batch;
  readonly error?: unknown;
}

const PAGE = 200;

/** Items in batches, some of them empty; one `next` at a time. Ends with its topmost session. */
export class SubtreeFollowing implements AsyncIterator<readonly ViewItem[]> {
  readonly #watched: Watched;
  readonly #places: Readonly<Record<string, FollowFrom>>;
  readonly #signal: AbortSignal | undefined;
  readonly #quota = new Quota();
  readonly #lanes = new Map<string, Lane>();
  /** Those that have something to read from the store. */
  readonly #past: Lane[] = [];
  readonly #ready: Given[] = [];
  /** Named in a journal, and not there yet. */
  readonly #announced = new Set<string>();
  /** There, and not followed yet. */
  readonly #born: string[] = [];
  #heads: Disposable | undefined;
  #wake: (() => void) | undefined;
  #over = false;

  constructor(watched: Watched, { places = {}, signal }: SubtreeFrom & { readonly signal?: AbortSignal }) {
    this.#watched = watched;
    this.#places = places;
    this.#signal = signal;
  }

  async next(): Promise<Batch> {
    try {
      if (this.#signal?.aborted === true) this.#leave();
      if (!this.#over && this.#heads === undefined) await this.#attach();
      while (!this.#over) {
        const born = this.#born.shift();
        if (born !== undefined) await this.#begin(born);
        const given = await this.#step();
        if (given === undefined) await this.#more();
        else if (!this.#over) return { done: false, value: await this.#take(given) };
      }
    } catch (error) {
      this.#leave();
      throw error;
    }
    return { done: true, value: undefined };
  }

  return(): Promise<Batch> {
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  async #attach(): Promise<void> {
    const { scope, session } = this.#watched;
    const stray = Object.keys(this.#places).find((id) => id !== session && !isBelow(id, session));
    if (stray !== undefined)
      throw new CarrelError(
        'invalid_params',
        `session ${stray} is not below ${session}: leave its place out`,
      );
    this.#signal?.addEventListener('abort', this.#leave, { once: true });
    this.#heads = scope.store.onHeads((heads) => this.#moved(heads));
    await this.#begin(session);
  }

  /** Whoever is announced is there now; or it was called for before the place from which its parent is told. */
  #moved(heads: readonly Head[]): void {
    for (const { session, seq } of heads) {
      if (seq === 0 || this.#lanes.has(session) || !isBelow(session, this.#watched.session)) continue;
      if (this.#announced.delete(session) || this.#isUntold(session)) this.#born.push(session);
    }
    if (this.#born.length > 0) this.#signalMore();
  }

  #isUntold(child: string): boolean {
    const { parent, callSeq } = birthOf(child);
    return callSeq <= (this.#lanes.get(parent)?.start ?? -1);
  }

  async #begin(session: string): Promise<void> {
    if (this.#lanes.has(session)) return;
    const { scope, supervisor } = this.#watched;
    const from = this.#places[session] ?? {};
    const start = from.cursor?.seq ?? from.after ?? 0;
    const [head] = await scope.store.heads(scope.owner, [session]);
    if (head === undefined && session !== this.#watched.session) return;
    if (head !== undefined && start > head.seq) throw ahead(session, start, head.seq);
    const following = new Following({ scope, supervisor, session }, { ...defined(from), quota: this.#quota });
    const lane = { session, following, start };
    this.#lanes.set(session, lane);
    this.#past.push(lane);
    if (start > 0) await this.#lookForChildren(session);
  }

  async #lookForChildren(parent: string): Promise<void> {
    const { scope } = this.#watched;
    let after: string | undefined;
    do {
      const query = { owner: scope.owner, parent, limit: PAGE };
      const page = await scope.store.list(after === undefined ? query : { ...query, after });
      this.#born.push(...page.sessions.map(({ session }) => session).filter((id) => this.#isUntold(id)));
      after = page.next;
    } while (after !== undefined);
  }

  /** What is there to be shown: the past of one session before what came to the others. */
  async #step(): Promise<Given | undefined> {
    const lane = this.#past.shift();
    return lane === undefined ? this.#ready.shift() : this.#asked(lane);
  }

  #asked(lane: Lane): Promise<Given> {
    return lane.following.next().then(
      (batch) => ({ lane, batch }),
      (error: unknown) => ({ lane, error }),
    );
  }

  async #take({ lane, batch, error }: Given): Promise<readonly ViewItem[]> {
    const isTop = lane.session === this.#watched.session;
    if (batch === undefined && (isTop || codeOf(error) !== 'not_found')) throw error;
    if (batch === undefined || batch.done === true) {
      this.#lanes.delete(lane.session);
      if (isTop) this.#leave();
      return [];
    }
    for (const item of batch.value) if (item.type === 'child.started') await this.#announce(item.data.child);
    this.#arm(lane);
    return batch.value;
  }

  async #announce(child: string): Promise<void> {
    if (this.#lanes.has(child)) return;
    this.#announced.add(child);
    const { scope } = this.#watched;
    const [head] = await scope.store.heads(scope.owner, [child]);
    if (head !== undefined && this.#announced.delete(child)) await this.#begin(child);
  }

  #arm(lane: Lane): void {
    if (!lane.following.joined) {
      this.#past.push(lane);
      return;
    }
    void this.#asked(lane).then((given) => {
      this.#ready.push(given);
      this.#signalMore();
    });
  }

  async #more(): Promise<void> {
    if (this.#ready.length > 0 || this.#born.length > 0 || this.#over) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  #signalMore(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  readonly #leave = (): void => {
    this.#over = true;
    this.#signal?.removeEventListener('abort', this.#leave);
    this.#heads?.[Symbol.dispose]();
    for (const { following } of this.#lanes.values()) void following.return();
    this.#lanes.clear();
    this.#signalMore();
  };
}

function ahead(session: string, after: number, seq: number): CarrelError {
  const message = `There is no event ${String(after)} in session ${session} yet: read again from ${String(seq)}.`;
  return new CarrelError('cursor_invalid', message, { data: { session, common: seq } });
}

function defined({
  cursor,
  after,
  parts,
}: FollowFrom): Omit<ConstructorParameters<typeof Following>[1], 'signal'> {
  return {
    ...(cursor === undefined ? {} : { cursor }),
    ...(after === undefined ? {} : { after }),
    ...(parts === undefined ? {} : { parts }),
  };
}
