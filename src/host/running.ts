import type { ViewItem } from '../protocol/index.ts';
import type { Following } from '../runtime/index.ts';

type Batch = IteratorResult<readonly ViewItem[]>;

/** Who follows, and the first batch, already asked for. */
export interface Started {
  readonly following: Following;
  readonly first: Promise<Batch>;
}

/** What happens after something was begun. It begins when the first batch is asked for; a reader who never asks begins nothing. */
export class Running implements AsyncIterator<readonly ViewItem[]> {
  readonly #begin: () => Promise<Started>;
  #following: Following | undefined;
  #left = false;

  constructor(begin: () => Promise<Started>) {
    this.#begin = begin;
  }

  next(): Promise<Batch> {
    return this.#following?.next() ?? this.#start();
  }

  async return(): Promise<Batch> {
    this.#left = true;
    await this.#following?.return();
    return { done: true, value: undefined };
  }

  async #start(): Promise<Batch> {
    const { following, first } = await this.#begin();
    this.#following = following;
    if (this.#left) await following.return();
    return first;
  }
}
