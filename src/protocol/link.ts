// A way to a host, near or far. What a client is made of, and what a transport carries.
import type { FollowFrom, Method, ParamsOf, ResultOf } from './methods.ts';
import type { ListFrom, ListItem, SubtreeFrom } from './following.ts';
import type { ViewItem } from './frames.ts';

export interface Link extends AsyncDisposable {
  /** Resolves with the method's result; rejects with a `CarrelError`. An abort stops the waiting, not what was asked for. */
  call<M extends Method>(
    method: M,
    params: ParamsOf<M>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<ResultOf<M>>;
  /**
   * Every item behind the place, each once and in order, live from then on, across whatever the link loses meanwhile. Ends when the
   * signal aborts, the reader leaves, the session is erased, or the link is closed.
   */
  follow(
    session: string,
    from?: FollowFrom,
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterableIterator<ViewItem>;
  /**
   * The same of a session and all that it spawns: of each session every item once and in order, a child's behind the `child.started`
   * that names it. Ends with its topmost session.
   */
  followSubtree(
    session: string,
    from?: SubtreeFrom,
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterableIterator<ViewItem>;
  /**
   * Every session's row, then each row again whenever it has changed: perhaps not for each change, but never without the last. From a
   * place that a `current` named, only what changed since.
   */
  followList(from?: ListFrom, options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<ListItem>;
}
