// A parent that waits for its children does nothing: it holds no slot, and may be put to sleep in the middle of a look. Whatever a
// look does may be done again, so it is left alone then, and the parent is woken to look once more.
import { codeOf, toErrorInfo, type ErrorCode } from '../../protocol/index.ts';
import type { ChildEffect } from './create.ts';
import { neverWas } from './ending.ts';
import { AGAIN, look } from './look.ts';
import type { ChildWork } from './others.ts';

/** Before a look that could not be finished is tried again, ms. */
export const LOOK_AGAIN_MS = 1_000;
/** What may be there then. */
const PASSING: readonly ErrorCode[] = ['store_unavailable', 'overloaded', 'limit_reached', 'cancelled'];

interface Watched {
  effect: ChildEffect;
  /** A look is under way. */
  looking: boolean;
  /** Something happened since it began. */
  again: boolean;
  retry?: Disposable | undefined;
}

export class ChildWatch {
  readonly #work: ChildWork;
  readonly #watched = new Map<string, Watched>();
  #closed = false;
  #left = false;

  constructor(work: ChildWork) {
    this.#work = work;
  }

  /** A look has not come to its end: whoever puts the parent to sleep wakes it soon. */
  get unfinished(): boolean {
    if (this.#closed) return this.#left;
    return [...this.#watched.values()].some(({ looking, retry }) => looking || retry !== undefined);
  }

  /** Looks at each child once, and once more when it is to be stopped; then whenever it moved. */
  sync(wanted: readonly ChildEffect[]): void {
    if (this.#closed) return;
    const keys = new Set(wanted.map(({ key }) => key));
    for (const [key, watched] of this.#watched) if (!keys.has(key)) this.#forget(key, watched);
    for (const effect of wanted) {
      const known = this.#watched.get(effect.key);
      const watched = known ?? { effect, looking: false, again: false };
      const news = known === undefined || effect.stop !== known.effect.stop;
      watched.effect = effect;
      this.#watched.set(effect.key, watched);
      if (news) this.#look(watched);
    }
  }

  /** The child's turn has ended, or whether it waits for a human has changed. */
  moved(child: string): void {
    for (const watched of this.#watched.values()) if (watched.effect.child === child) this.#look(watched);
  }

  close(): void {
    this.#left = this.unfinished;
    this.#closed = true;
    for (const { retry } of this.#watched.values()) retry?.[Symbol.dispose]();
  }

  #forget(key: string, { retry }: Watched): void {
    retry?.[Symbol.dispose]();
    this.#watched.delete(key);
  }

  #isWanted(watched: Watched): boolean {
    return !this.#closed && this.#watched.get(watched.effect.key) === watched;
  }

  #look(watched: Watched): void {
    watched.again = watched.looking;
    if (watched.looking || this.#closed) return;
    watched.retry?.[Symbol.dispose]();
    watched.retry = undefined;
    watched.looking = true;
    void this.#lookOnce(watched).finally(() => {
      watched.looking = false;
      if (watched.again && this.#isWanted(watched)) this.#look(watched);
    });
  }

  async #lookOnce(watched: Watched): Promise<void> {
    const { scope, view } = this.#work;
    try {
      const news = await this.#try(watched.effect);
      if (!this.#isWanted(watched)) return;
      if (news === AGAIN) this.#lookLater(watched);
      else if (news !== undefined) await view.submit(news);
    } catch (error) {
      if (!this.#isWanted(watched) || codeOf(error) === 'conflict') return;
      scope.fault('a child could not be looked at', error, view.id);
      this.#lookLater(watched);
    }
  }

  #lookLater(watched: Watched): void {
    watched.retry = this.#work.scope.clock.after(LOOK_AGAIN_MS, () => this.#look(watched));
  }

  /** What nobody expected is the end of the call, not of the parent. */
  async #try(effect: ChildEffect): ReturnType<typeof look> {
    try {
      return await look(this.#work, effect);
    } catch (error) {
      if (PASSING.includes(codeOf(error))) throw error;
      this.#work.scope.fault('a child is given up', error, this.#work.view.id);
      const { outcome, usage, text, error: info } = neverWas('failed', toErrorInfo(error));
      const output = { text, bytes: Buffer.byteLength(text) };
      const failure = info === undefined ? {} : { error: { ...info, retryable: false } };
      return {
        type: 'child/finished',
        call: effect.call,
        outcome,
        usage,
        status: 'unknown',
        output,
        ...failure,
      };
    }
  }
}
