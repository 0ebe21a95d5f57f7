/** Given back exactly once: disposing it again changes nothing. */
export class Slot implements Disposable {
  /** Whose it is. */
  readonly session: string;
  /** It counts against what only the sessions may use that somebody looks at. */
  readonly looked: boolean;
  readonly since: number;
  #giveBack: ((slot: Slot) => void) | undefined;

  constructor(
    { session, looked, since }: Pick<Slot, 'session' | 'looked' | 'since'>,
    giveBack: (slot: Slot) => void,
  ) {
    this.session = session;
    this.looked = looked;
    this.since = since;
    this.#giveBack = giveBack;
  }

  [Symbol.dispose](): void {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.(this);
  }
}
