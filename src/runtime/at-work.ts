// What a session has at work. Its performer is there only while there is something to do: most sessions do nothing.
import { effects } from '../session/index.ts';
import type { ChildWork } from './children/others.ts';
import { Performer } from './performer.ts';

export class AtWork {
  readonly #work: ChildWork;
  #performer: Performer | undefined;

  constructor(work: ChildWork) {
    this.#work = work;
  }

  /** Only times and children are waited for: nothing is lost by going to sleep, if it wakes when one of them is there. */
  get idle(): boolean {
    if (this.#performer?.busy === true) return false;
    return effects(this.#work.view.state).every(({ kind }) => kind === 'timer' || kind === 'child');
  }

  /** It is to be woken soon after it went to sleep. */
  get unfinished(): boolean {
    return this.#performer?.unfinished === true;
  }

  /** News of a child: the parent looks at it, if it waits for it. */
  childMoved(child: string): void {
    this.#performer?.childMoved(child);
  }

  /** Makes it agree with the state. */
  sync(): void {
    const wanted = effects(this.#work.view.state);
    if (wanted.length > 0) this.#performer ??= new Performer(this.#work);
    this.#performer?.sync(wanted);
    if (wanted.length === 0 && this.#performer?.busy === false) this.#performer = undefined;
  }

  /** Stops everything and waits for its end. */
  async close(): Promise<void> {
    await this.#performer?.close();
  }
}
