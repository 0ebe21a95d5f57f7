import type { ViewItem } from '../protocol/index.ts';
import { EXIT, exitOfOutcome, type Exit } from './exit.ts';

/** What is waited for: the turn that delivers an input, a turn, or whichever turn ends next. */
export type Target = { readonly input: string } | { readonly turn: string | undefined } | 'next';

/** Recognises the end of one turn among everything that happens in a session. */
export class Goal {
  readonly #any: boolean;
  readonly #input: string | undefined;
  #turn: string | undefined;
  /** A budget keeps inputs where they are. */
  #limited = false;

  constructor(target: Target) {
    this.#any = target === 'next';
    if (target === 'next') return;
    if ('input' in target) this.#input = target.input;
    else this.#turn = target.turn;
  }

  /** The exit code, once the item shows how the turn ended or that it will not begin. */
  reached(item: ViewItem): Exit | undefined {
    switch (item.type) {
      case 'input.delivered':
        if (item.data.command === this.#input) this.#turn = item.turn;
        return undefined;
      case 'budget.reached':
        this.#limited = true;
        return undefined;
      case 'input.held': {
        const ours = item.data.commands.some((command) => command === this.#input);
        return ours ? (this.#limited ? EXIT.refused : EXIT.failed) : undefined;
      }
      case 'session.failed':
        return EXIT.failed;
      case 'turn.finished':
        return this.#any || (item.turn !== undefined && item.turn === this.#turn)
          ? exitOfOutcome(item.data.outcome, item.data.error?.code)
          : undefined;
      default:
        return undefined;
    }
  }
}
