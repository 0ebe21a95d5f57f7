/** Those who wait, a session after the other: however many of one session wait, each other session's first is served before its second. */
export class Line<T extends { readonly session: string }> {
  /** In the order in which the sessions are served next. */
  readonly #sessions = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get sessions(): IterableIterator<string> {
    return this.#sessions.keys();
  }

  add(one: T): void {
    const others = this.#sessions.get(one.session);
    if (others === undefined) this.#sessions.set(one.session, [one]);
    else others.push(one);
    this.#size++;
  }

  /** Who is next. */
  first(): T | undefined {
    const next = this.#sessions.values().next();
    return next.done === true ? undefined : next.value[0];
  }

  /** It was served: its session goes to the end. */
  served(one: T): void {
    if (!this.remove(one)) return;
    const others = this.#sessions.get(one.session);
    if (others === undefined) return;
    this.#sessions.delete(one.session);
    this.#sessions.set(one.session, others);
  }

  /** Whether it was there. Its session keeps its place. */
  remove(one: T): boolean {
    const others = this.#sessions.get(one.session);
    const index = others?.indexOf(one) ?? -1;
    if (others === undefined || index === -1) return false;
    others.splice(index, 1);
    if (others.length === 0) this.#sessions.delete(one.session);
    this.#size--;
    return true;
  }

  /** Removes and gives all of a session. */
  takeAll(session: string): readonly T[] {
    const all = this.#sessions.get(session) ?? [];
    this.#sessions.delete(session);
    this.#size -= all.length;
    return all;
  }

  *[Symbol.iterator](): Generator<T> {
    for (const waiting of this.#sessions.values()) yield* waiting;
  }
}
